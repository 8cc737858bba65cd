import { describe, expect, it } from 'vitest'
import { canonicalTemplate, deploymentStatus, rollingLimits, rollingScalings, templateHash } from './deployment-plan.ts'
import type { Deployment, DeploymentSpec, ReplicaSet } from './workload-types.ts'

const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
const deployment = (
  replicas: number,
  rollingUpdate: NonNullable<DeploymentSpec['strategy']>['rollingUpdate'] = {},
): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd', generation: 1 },
  spec: { replicas, selector: {}, template, strategy: { type: 'RollingUpdate', rollingUpdate } },
})
const set = (name: string, replicas: number, available = replicas): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name, creationTimestamp: name },
  spec: { replicas, selector: {}, template },
  status: { replicas, readyReplicas: available, availableReplicas: available },
})
const scalings = (d: Deployment, fresh: ReplicaSet, old: ReplicaSet[]) =>
  rollingScalings(d, fresh, old).map(({ set: each, replicas }) => `${each.metadata.name}→${replicas}`)

describe('rollingLimits', () => {
  it.each([
    [4, {}, { maxSurge: 1, maxUnavailable: 1 }],
    [1, {}, { maxSurge: 1, maxUnavailable: 0 }],
    [10, { maxSurge: '30%', maxUnavailable: '35%' }, { maxSurge: 3, maxUnavailable: 3 }],
    [3, { maxSurge: 0, maxUnavailable: 0 }, { maxSurge: 0, maxUnavailable: 1 }],
    [2, { maxSurge: 0, maxUnavailable: 5 }, { maxSurge: 0, maxUnavailable: 2 }],
  ])('%i replicas with %j', (replicas, given, expected) =>
    expect(rollingLimits(deployment(replicas, given))).toEqual(expected),
  )
})

describe('rollingScalings', () => {
  it('goes up within the surge and down only for pods that are available', () => {
    const careful = deployment(3, { maxSurge: 1, maxUnavailable: 0 })
    expect(scalings(careful, set('new', 0), [set('old', 3)])).toEqual(['new→1'])
    expect(scalings(careful, set('new', 1, 0), [set('old', 3)])).toEqual([])
    expect(scalings(careful, set('new', 1), [set('old', 3)])).toEqual(['old→2'])
    expect(scalings(careful, set('new', 3, 2), [set('old', 1)])).toEqual([])
    expect(scalings(careful, set('new', 3), [set('old', 1)])).toEqual(['old→0'])
  })

  it('takes the unhealthy old ones first', () => {
    expect(scalings(deployment(3, { maxSurge: 1, maxUnavailable: 1 }), set('new', 1, 0), [set('old', 3, 2)])).toEqual([
      'old→2',
    ])
  })

  it('follows the wished number', () => {
    expect(scalings(deployment(1), set('new', 3), [])).toEqual(['new→1'])
    expect(scalings(deployment(5, { maxSurge: 0, maxUnavailable: 1 }), set('new', 2), [])).toEqual(['new→5'])
  })
})

describe('templates', () => {
  it('are the same whatever the order of their keys and the hash label', () => {
    const other = {
      spec: { containers: [{ image: 'i', name: 'c' }] },
      metadata: { labels: { 'pod-template-hash': 'x', app: 'a' } },
    }
    expect(canonicalTemplate(other)).toBe(canonicalTemplate(template))
    expect(templateHash(other)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{10}$/)
    expect(templateHash({ ...template, spec: { containers: [] } })).not.toBe(templateHash(template))
  })
})

describe('deploymentStatus', () => {
  it('tells why pods are refused for as long as they are', () => {
    const refusal = { type: 'ReplicaFailure', status: 'True' as const, reason: 'FailedCreate', message: 'no room' }
    const refused = set('new', 1, 0)
    refused.status = { ...refused.status, replicas: 0, conditions: [refusal] }
    const d = deployment(1)
    const failed = deploymentStatus(d, refused, [], null, new Date(0))
    expect(failed.conditions).toContainEqual(refusal)
    const mended = deploymentStatus({ ...d, status: failed }, set('new', 1), [], null, new Date(0))
    expect(mended.conditions?.map(({ type }) => type)).not.toContain('ReplicaFailure')
  })

  const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds))
  const reasonOf = (d: Deployment, type: string) => d.status?.conditions?.find((each) => each.type === type)?.reason

  it('progresses, is available, and is stuck after its deadline', () => {
    const d = { ...deployment(1), spec: { ...deployment(1).spec, progressDeadlineSeconds: 5 } }
    d.status = deploymentStatus(
      d,
      set('new', 1, 0),
      [],
      { reason: 'NewReplicaSetCreated', message: 'Created new replica set "new"' },
      at(0),
    )
    expect([reasonOf(d, 'Progressing'), reasonOf(d, 'Available')]).toEqual([
      'NewReplicaSetCreated',
      'MinimumReplicasUnavailable',
    ])
    const stuck = { ...d, status: deploymentStatus(d, set('new', 1, 0), [], null, at(6)) }
    expect(reasonOf(stuck, 'Progressing')).toBe('ProgressDeadlineExceeded')
    const done = { ...stuck, status: deploymentStatus(stuck, set('new', 1), [], null, at(7)) }
    expect([reasonOf(done, 'Progressing'), reasonOf(done, 'Available')]).toEqual([
      'NewReplicaSetAvailable',
      'MinimumReplicasAvailable',
    ])
    expect(done.status).toMatchObject({
      replicas: 1,
      updatedReplicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
      observedGeneration: 1,
    })
    expect(deploymentStatus(done, set('new', 1), [], null, at(60))).toEqual(done.status)
  })
})
