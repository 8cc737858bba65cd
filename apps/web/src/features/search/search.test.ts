import type { SearchHit, SearchResult } from '@keelson/contracts/search'
import { parseSearch, searchKinds } from '@keelson/contracts/search-query'
import { expect, test } from 'vitest'
import { linkOfHit } from './hit-link.ts'
import { mergeResults, stillFitting } from './merge-results.ts'

const hit = (more: Partial<SearchHit>): SearchHit => ({
  kind: 'job',
  id: 'u1',
  workspace: 'telco',
  name: 'train churn',
  type: null,
  parent: null,
  resource: null,
  status: null,
  at: null,
  because: null,
  rank: 2,
  ...more,
})
const result = (hits: SearchHit[], notes: string[] = []): SearchResult => ({
  groups: [...new Set(hits.map(({ kind }) => kind))].map((kind) => ({
    kind,
    hits: hits.filter((each) => each.kind === kind),
    more: false,
  })),
  notes,
})

test('every kind leads to a page, and names stay one part of the address', () => {
  for (const kind of searchKinds)
    expect(linkOfHit(hit({ kind, name: 'a/../b?c', parent: 'p' }))).toMatch(/^\/(w\/telco|w\/a%2F|admin)/)
  expect(linkOfHit(hit({ kind: 'version', id: '3', parent: 'churn model' }))).toBe(
    '/w/telco/models/churn%20model/versions/3',
  )
  expect(linkOfHit(hit({ kind: 'pod', parent: 'job-1' }))).toBe('/w/telco/jobs/job-1')
  const resource = { group: 'apps', version: 'v1', plural: 'deployments' }
  expect(linkOfHit(hit({ kind: 'object', name: 'web', resource }))).toBe('/w/telco/objects/apps/v1/deployments/web')
  expect(linkOfHit(hit({ kind: 'activity', name: 'gone' }))).toBe('/w/telco/activity?q=gone')
})

test('what is kept and in the cluster is one thing, with the better rank and the status that one of them knows', () => {
  const kept = result([hit({ status: 'failed' }), hit({ id: 'u2', rank: 1 })], ['one'])
  const cluster = result(
    [hit({ rank: 0, because: 'app=churn' }), hit({ kind: 'object', id: 'o', rank: 0 })],
    ['one', 'two'],
  )
  const { groups, notes } = mergeResults([kept, undefined, cluster])
  expect(groups.map((group) => [group.kind, group.hits.map(({ id, rank, status }) => [id, rank, status])])).toEqual([
    [
      'job',
      [
        ['u1', 0, 'failed'],
        ['u2', 1, null],
      ],
    ],
    ['object', [['o', 0, null]]],
  ])
  expect(notes).toEqual(['one', 'two'])
})

test('of an earlier answer only what fits the words of now is left to be chosen', () => {
  const earlier = result([
    hit({ name: 'train-churn' }),
    hit({ id: 'u2', name: 'train-fraud' }),
    hit({ kind: 'object', name: 'x' }),
  ])
  const names = (q: string) =>
    stillFitting(earlier, parseSearch(q)).groups.map(({ hits }) => hits.map(({ name }) => name))
  expect(names('train')).toEqual([['train-churn', 'train-fraud']])
  expect(names('train-c')).toEqual([['train-churn']])
  expect(names('kind:object')).toEqual([['x']])
  expect(names('in:elsewhere train')).toEqual([])
})
