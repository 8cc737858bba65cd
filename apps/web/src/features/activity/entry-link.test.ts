import type { ActivityEntry } from '@keelson/contracts/activity'
import { expect, it } from 'vitest'
import { linkOf } from './entry-link.ts'

const entry = (source: 'event' | 'audit', kind: string, facts: ActivityEntry['facts'] = {}): ActivityEntry => ({
  id: '1',
  at: '2030-01-01T00:00:00Z',
  source,
  level: 'normal',
  reason: 'r',
  message: 'm',
  actor: null,
  count: 1,
  facts,
  object: { kind, name: 'n', uid: 'u' },
})

it('leads to the thing, where it has a page', () => {
  expect(linkOf('w', entry('event', 'Job'))).toBe('/w/w/jobs/u')
  expect(linkOf('w', entry('event', 'InferenceService'))).toBe('/w/w/endpoints/n')
  expect(linkOf('w', entry('event', 'Pod'))).toBeNull()
  expect(linkOf('w', entry('audit', 'job', { uid: 'x' }))).toBe('/w/w/jobs/x')
  expect(linkOf('w', entry('audit', 'job'))).toBeNull()
  expect(linkOf('w', entry('audit', 'model'))).toBe('/w/w/models/n')
  expect(linkOf('w', entry('audit', 'model', { version: 3 }))).toBe('/w/w/models/n/versions/3')
  expect(linkOf('w', entry('audit', 'contributor'))).toBe('/w/w/contributors')
  const facts = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' }
  expect(linkOf('w', { ...entry('audit', 'Deployment', facts), reason: 'objects.update' })).toBe(
    '/w/w/objects/apps/v1/deployments/n',
  )
})
