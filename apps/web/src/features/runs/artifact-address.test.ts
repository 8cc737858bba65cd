import { expect, test } from 'vitest'
import { artifactAddress, contentAddress, previewOf } from './artifact-address.ts'

test('a file’s addresses, with each part escaped', () => {
  const uri = 'mlflow-artifacts:/1/abc/artifacts'
  expect(artifactAddress('telco', uri, 'a b/c.csv')).toBe(
    '/workspaces/telco/mlflow/api/2.0/mlflow-artifacts/artifacts/1/abc/artifacts/a%20b/c.csv',
  )
  expect(contentAddress('telco', uri, 'report.html')).toBe('/workspaces/telco/content/1/abc/artifacts/report.html')
})

test.each([
  ['plot.PNG', 'image'],
  ['model/MLmodel', 'text'],
  ['table.csv', 'csv'],
  ['report.html', 'text'],
  ['icon.svg', 'text'],
  ['model.pkl', 'none'],
  ['noending', 'none'],
])('%s is shown as %s', (path, kind) => expect(previewOf(path)).toBe(kind))
