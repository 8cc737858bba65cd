import { describe, expect, it } from 'vitest'
import type { SchedulableNode } from './node-fit.ts'
import { freeAmounts, podRequests, qosClass, unfitReasons, unschedulableMessage } from './scheduler.ts'
import type { Container, Pod, PodSpec } from './types.ts'

const container = (cpu?: string, memory?: string): Container => ({
  name: 'c',
  resources: { requests: { ...(cpu ? { cpu } : {}), ...(memory ? { memory } : {}) } },
})
const pod = (spec: Partial<PodSpec>, phase?: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [], ...spec },
  ...(phase ? { status: { phase: phase as 'Running' } } : {}),
})
const labelled = (labels: Record<string, string> = {}): SchedulableNode => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n', labels },
})
const node = { cpu: 2, memory: 1024 ** 3, pods: 3 }

describe('scheduling', () => {
  it('asks for the sum of the containers, or the largest init container', () => {
    expect(podRequests(pod({ containers: [container('250m', '100Mi'), container('500m')] }))).toMatchObject({
      cpu: 0.75,
      memory: 104857600,
    })
    expect(
      podRequests(pod({ containers: [container('250m')], initContainers: [container('2'), container('1')] })),
    ).toMatchObject({ cpu: 2 })
    expect(podRequests(pod({ containers: [{ name: 'c', resources: { limits: { cpu: '3' } } }] }))).toMatchObject({
      cpu: 3,
    })
  })

  it('adds sidecars to what runs beside them and to the init containers after them', () => {
    const sidecar = (cpu: string): Container => ({ ...container(cpu), restartPolicy: 'Always' })
    const asks = (initContainers: Container[], main: string) =>
      podRequests(pod({ initContainers, containers: [container(main)] })).cpu
    expect(asks([sidecar('1'), sidecar('2')], '3')).toBe(6)
    expect(asks([sidecar('1'), container('9'), sidecar('2')], '3')).toBe(10)
    expect(asks([container('9'), sidecar('1')], '3')).toBe(9)
    expect(podRequests(pod({ containers: [container('1')], resources: { requests: { cpu: '7' } } })).cpu).toBe(7)
  })

  it('gives back what ended pods held', () => {
    const bound = [pod({ containers: [container('1')] }, 'Running'), pod({ containers: [container('1')] }, 'Succeeded')]
    expect(freeAmounts(node, bound)).toEqual({ cpu: 1, memory: node.memory, pods: 2 })
  })

  it('names everything that is missing, in the scheduler’s order and words', () => {
    const reasons = unfitReasons(pod({ containers: [container('3', '2Gi')] }), node, labelled())
    expect(unschedulableMessage(reasons, false)).toBe(
      '0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    )
    expect(
      unfitReasons(
        pod({ containers: [{ name: 'c', resources: { limits: { 'nvidia.com/gpu': '1' } } }] }),
        node,
        labelled(),
      ),
    ).toEqual(['Insufficient nvidia.com/gpu'])
    expect(unfitReasons(pod({ nodeSelector: { zone: 'a' }, containers: [] }), node, labelled({ zone: 'b' }))).toEqual([
      "node(s) didn't match Pod's node affinity/selector",
    ])
    expect(unfitReasons(pod({ containers: [container('2', '1Gi')] }), node, labelled())).toEqual([])
    expect(unfitReasons(pod({ containers: [] }), { ...node, pods: 0 }, labelled())).toEqual(['Too many pods'])
  })

  it('sees the quality of service class', () => {
    const both = { cpu: '1', memory: '1Gi' }
    expect(qosClass(pod({ containers: [{ name: 'c' }] }))).toBe('BestEffort')
    expect(qosClass(pod({ containers: [container('1')] }))).toBe('Burstable')
    expect(qosClass(pod({ containers: [{ name: 'c', resources: { limits: both } }] }))).toBe('Guaranteed')
    expect(qosClass(pod({ containers: [{ name: 'c', resources: { limits: both } }, { name: 'd' }] }))).toBe('Burstable')
  })
})
