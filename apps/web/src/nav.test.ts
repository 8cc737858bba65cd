import { expect, test } from 'vitest'
import { crumbsOf, nav } from './nav.ts'

test('every page has its own shortcut', () => {
  const shortcuts = nav.map((entry) => entry.shortcut)
  expect(new Set(shortcuts).size).toBe(shortcuts.length)
})

test.each([
  ['/w/telco', ['telco', 'Home']],
  ['/w/telco/notebooks/lab', ['telco', 'Notebooks', 'lab']],
  ['/w/telco/new-notebook', ['telco', 'Notebooks', 'New']],
  ['/w/telco/volumes/lab-workspace', ['telco', 'Volumes', 'lab-workspace']],
  ['/w/telco/jobs', ['telco', 'Jobs']],
  ['/w/telco/jobs/0f8fad5b-d9cb-469f-a165-70867728950e', ['telco', 'Jobs', '0f8fad5b']],
  ['/w/telco/models/churn/versions/3', ['telco', 'Models', 'churn', 'version 3']],
  ['/w/telco/experiments/12/runs/d1b2c3d4d1b2c3d4d1b2c3d4d1b2c3d4', ['telco', 'Experiments', '12', 'd1b2c3d4']],
  ['/w/telco/objects/apps/v1/deployments/web', ['telco', 'Objects', 'deployments', 'web']],
  ['/admin/objects/core/v1/nodes', ['Administration', 'Objects', 'nodes']],
  ['/settings/tokens', ['Settings', 'Access tokens']],
  ['/search', ['Search']],
  ['/login', []],
  ['/w/telco/%E0%A4%A', ['telco', '%E0%A4%A'].slice(0, 1)],
])('the way to %s is %j', (path, labels) => {
  expect(crumbsOf(path).map((crumb) => crumb.label)).toEqual(labels)
})

test('the last step is where one is, the others lead back', () => {
  expect(crumbsOf('/w/telco/models/churn/versions/3').map((crumb) => crumb.href)).toEqual([
    '/w/telco',
    '/w/telco/models',
    '/w/telco/models/churn',
    null,
  ])
})
