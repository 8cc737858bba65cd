import { describe, expect, it } from 'vitest'
import { desiredKey, isScalingEvent, maxKey, proportionalScalings } from './deployment-scale.ts'
import type { Deployment, ReplicaSet } from './workload-types.ts'

const template = { spec: { containers: [] } }
const deployment = (replicas: number, maxSurge: number): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd' },
  spec: {
    replicas,
    selector: {},
    template,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable: 2 } },
  },
})
const set = (name: string, replicas: number, desired: number, max: number, age = '1'): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name,
    creationTimestamp: age,
    annotations: { [desiredKey]: String(desired), [maxKey]: String(max) },
  },
  spec: { replicas, selector: {}, template },
})
const sizes = (subject: Deployment, fresh: ReplicaSet | null, old: ReplicaSet[]) =>
  Object.fromEntries(proportionalScalings(subject, fresh, old).map((each) => [each.set.metadata.name, each.replicas]))

describe('a Deployment that is scaled while it rolls', () => {
  it('shares in proportion, as in the documentation of Kubernetes: 10 to 15 with 8 old and 5 new', () => {
    expect(sizes(deployment(15, 3), set('new', 5, 10, 13, '2'), [set('old', 8, 10, 13)])).toEqual({ new: 7, old: 11 })
  })

  it('takes away in proportion too, and all when nothing is wanted', () => {
    expect(sizes(deployment(5, 3), set('new', 5, 10, 13, '2'), [set('old', 8, 10, 13)])).toEqual({ new: 3, old: 5 })
    expect(sizes(deployment(0, 3), set('new', 5, 10, 13, '2'), [set('old', 8, 10, 13)])).toEqual({ new: 0, old: 0 })
  })

  it('gives all to the only set that has pods, or to the newest', () => {
    expect(sizes(deployment(4, 1), set('new', 0, 2, 3, '2'), [set('old', 2, 2, 3)])).toEqual({ old: 4 })
    expect(sizes(deployment(4, 1), null, [set('a', 0, 0, 0), set('b', 0, 0, 0, '2')])).toEqual({ b: 4 })
  })

  it('is seen by what the sets were last told', () => {
    expect(isScalingEvent(deployment(3, 1), [set('a', 2, 2, 3)])).toBe(true)
    expect(isScalingEvent(deployment(2, 1), [set('a', 2, 2, 3), set('b', 0, 9, 9)])).toBe(false)
  })
})
