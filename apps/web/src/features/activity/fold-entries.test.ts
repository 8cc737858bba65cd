import type { ActivityEntry } from '@keelson/contracts/activity'
import { describe, expect, it } from 'vitest'
import { foldEntries } from './fold-entries.ts'

const entry = (id: string, at: string, more: Partial<ActivityEntry> = {}): ActivityEntry => ({
  id,
  at: `2026-01-01T00:${at}Z`,
  source: 'audit',
  level: 'normal',
  reason: 'labels.submit',
  message: 'labels.submit endpoint/churn/labels',
  actor: 'sam',
  count: 1,
  facts: {},
  object: { kind: 'endpoint', name: 'churn', uid: null },
  ...more,
})
const counts = (items: ActivityEntry[]) => foldEntries(items).map(({ id, count }) => [id, count])

describe('foldEntries', () => {
  it('counts what one person did again at once', () => {
    expect(counts([entry('c', '00:03'), entry('b', '00:02'), entry('a', '00:01')])).toEqual([['c', 3]])
  })

  it('keeps two moves of a version apart', () => {
    const move = { reason: 'models.requestTransition', message: 'models.requestTransition model/churn/versions/1' }
    expect(counts([entry('b', '00:02', move), entry('a', '00:01', move)])).toHaveLength(2)
  })

  it('keeps apart other people, other things, later times and the cluster’s events', () => {
    expect(counts([entry('b', '00:02', { actor: 'ada' }), entry('a', '00:01')])).toHaveLength(2)
    expect(
      counts([entry('b', '00:02', { message: 'labels.submit endpoint/x/labels' }), entry('a', '00:01')]),
    ).toHaveLength(2)
    expect(counts([entry('b', '05:00'), entry('a', '00:01')])).toHaveLength(2)
    expect(counts([entry('b', '00:02', { source: 'event' }), entry('a', '00:01', { source: 'event' })])).toHaveLength(2)
  })
})
