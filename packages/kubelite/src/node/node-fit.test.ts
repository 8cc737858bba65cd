import { describe, expect, it } from 'vitest'
import { nodeFaults, type SchedulableNode } from './node-fit.ts'
import type { PodSpec } from './types.ts'

const node = (spec: SchedulableNode['spec'] = {}): SchedulableNode => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n', labels: { zone: 'a', size: '4' } },
  spec,
})
const near = (term: unknown): PodSpec => ({
  containers: [],
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term as never] } },
  },
})

describe('a node for a pod', () => {
  it.each([
    [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['a', 'b'] }] }, true],
    [{ matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }, false],
    [{ matchExpressions: [{ key: 'size', operator: 'Gt', values: ['3'] }] }, true],
    [{ matchExpressions: [{ key: 'gpu', operator: 'Exists' }] }, false],
    [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }, true],
    [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['m'] }] }, false],
    [{}, false],
  ])('required affinity %j: %s', (term, fits) => {
    expect(nodeFaults(near(term), node())).toEqual(fits ? [] : ["node(s) didn't match Pod's node affinity/selector"])
  })

  it('keeps pods off a cordoned or tainted node, but for those that tolerate it', () => {
    const plain: PodSpec = { containers: [] }
    const all: PodSpec = { containers: [], tolerations: [{ operator: 'Exists' }] }
    expect(nodeFaults(plain, node({ unschedulable: true }))).toEqual(['node(s) were unschedulable'])
    expect(nodeFaults(all, node({ unschedulable: true }))).toEqual([])
    const taints = [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }]
    expect(nodeFaults(plain, node({ taints }))).toEqual(['node(s) had untolerated taint(s)'])
    const right = { containers: [], tolerations: [{ key: 'gpu', value: 'yes' }] }
    const wrong = { containers: [], tolerations: [{ key: 'gpu', value: 'no' }] }
    expect([nodeFaults(right, node({ taints })), nodeFaults(wrong, node({ taints })).length]).toEqual([[], 1])
    expect(nodeFaults(plain, node({ taints: [{ key: 'x', effect: 'PreferNoSchedule' }] }))).toEqual([])
  })
})
