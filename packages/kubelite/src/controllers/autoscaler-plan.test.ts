import { describe, expect, it } from 'vitest'
import type { Pod } from '../node/types.ts'
import { type Autoscaler, limit, type MetricSpec, propose } from './autoscaler-plan.ts'

const autoscaler: Autoscaler = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'a' },
  spec: { scaleTargetRef: { kind: 'Deployment', name: 'd' }, maxReplicas: 10 },
}
const cpu = (averageUtilization: number): MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
})
const pod = (name: string, request = '100m', ready = true): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, uid: name },
  spec: { containers: [{ name: 'c', ...(request ? { resources: { requests: { cpu: request } } } : {}) }] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
})
const using = (cores: Record<string, number>) => (each: Pod) => {
  const used = cores[each.metadata.name ?? '']
  return used === undefined ? undefined : new Map([['c', { cpu: used, memory: 1000 }]])
}
const replicas = (metric: MetricSpec, pods: Pod[], cores: Record<string, number>) =>
  propose(autoscaler, metric, pods.length, pods, using(cores)).replicas

describe('an autoscaler', () => {
  const two = [pod('a'), pod('b')]

  it('wants as many as bring the use to its target, and nothing within the tolerance', () => {
    expect(replicas(cpu(50), two, { a: 0.1, b: 0.1 })).toBe(4)
    expect(replicas(cpu(50), two, { a: 0.053, b: 0.053 })).toBe(2)
    expect(replicas(cpu(50), two, { a: 0.01, b: 0.01 })).toBe(1)
  })

  it('is careful with pods that have no measure', () => {
    const three = [...two, pod('new', '100m', false)]
    // Idle, when more are wanted: 2 × 150 % over 3 pods.
    expect(replicas(cpu(50), three, { a: 0.1, b: 0.1, new: 9 })).toBe(4)
    expect(replicas(cpu(50), three, { a: 0.06, b: 0.06 })).toBe(3)
    // At the target, when fewer are.
    expect(replicas(cpu(50), three, { a: 0.01, b: 0.01 })).toBe(2)
  })

  it('takes an average of bytes or cores, and says what it saw', () => {
    const memory: MetricSpec = {
      type: 'Resource',
      resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '500' } },
    }
    expect(propose(autoscaler, memory, 2, two, using({ a: 0, b: 0 }))).toEqual({
      replicas: 4,
      metric: 'memory resource',
      current: { type: 'Resource', resource: { name: 'memory', current: { averageValue: '1000' } } },
    })
  })

  it('says what is missing', () => {
    expect(() => replicas(cpu(50), [pod('a', '')], { a: 1 })).toThrow(/missing request for cpu in container c of Pod a/)
    expect(() => replicas(cpu(50), two, {})).toThrow(/no metrics returned/)
    expect(() => replicas({ type: 'External' }, two, {})).toThrow(/metrics of type External/)
  })
})

describe('the rate of scaling', () => {
  const rules = {
    up: {
      selectPolicy: 'Max',
      policies: [
        { type: 'Pods', value: 4, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ],
    },
    down: { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 50, periodSeconds: 60 }] },
  }
  const bounds = { min: 1, max: 20 }

  it('is that of the policy that allows most, less what was done in its period', () => {
    expect(limit(20, 2, bounds, rules, [], 0)).toMatchObject({ replicas: 6, reason: 'ScaleUpLimit' })
    expect(limit(20, 6, bounds, rules, [{ at: -5_000, replicas: 4 }], 0)).toMatchObject({ replicas: 6 })
    expect(limit(20, 6, bounds, rules, [{ at: -20_000, replicas: 4 }], 0)).toMatchObject({ replicas: 12 })
    expect(limit(1, 8, bounds, rules, [], 0)).toMatchObject({ replicas: 4, reason: 'ScaleDownLimit' })
  })

  it('stays within the bounds', () => {
    expect(limit(40, 19, bounds, rules, [], 0)).toMatchObject({ replicas: 20, reason: 'TooManyReplicas' })
    expect(limit(0, 2, bounds, rules, [], 0)).toMatchObject({ replicas: 1, reason: 'TooFewReplicas' })
    expect(
      limit(9, 8, bounds, { ...rules, up: { selectPolicy: 'Disabled', policies: rules.up.policies } }, [], 0),
    ).toMatchObject({ replicas: 8 })
  })
})
