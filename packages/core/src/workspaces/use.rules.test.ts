import { describe, expect, it } from 'vitest'
import { capacityLines, podRequests, quotaLines } from './use.rules.ts'

const object = { apiVersion: 'v1', kind: 'X', metadata: { name: 'x' } }
const asks = (cpu: string, memory = '0') => ({ resources: { requests: { cpu, memory } } })

describe('quotas', () => {
  it('are told by their status; before it is counted, by their wish', () => {
    const counted = {
      ...object,
      spec: { hard: { pods: '4', 'requests.cpu': 2 } },
      status: { hard: { pods: '4', 'requests.cpu': '2' }, used: { pods: '3', 'requests.cpu': '500m' } },
    }
    expect(quotaLines([counted])).toEqual([
      { quota: 'x', resource: 'pods', hard: '4', used: '3', ratio: 0.75 },
      { quota: 'x', resource: 'requests.cpu', hard: '2', used: '500m', ratio: 0.25 },
    ])
    expect(quotaLines([{ ...object, spec: { hard: { pods: '0' } } }])).toEqual([
      { quota: 'x', resource: 'pods', hard: '0', used: '0', ratio: 1 },
    ])
  })
})

describe('capacity', () => {
  it('is what open nodes can give against what living pods ask for', () => {
    const node = {
      ...object,
      status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110', 'example.com/gpu': '0' } },
    }
    const closed = { ...node, spec: { unschedulable: true } }
    const pods = [
      { ...object, spec: { containers: [asks('1500m', '512Mi')] }, status: { phase: 'Running' } },
      { ...object, spec: { containers: [asks('9')] }, status: { phase: 'Succeeded' } },
    ]
    expect(capacityLines([node, closed], pods)).toEqual([
      { resource: 'cpu', allocatable: '4', requested: '1500m', ratio: 0.375 },
      { resource: 'memory', allocatable: '8Gi', requested: '512Mi', ratio: 0.0625 },
      { resource: 'pods', allocatable: '110', requested: '1', ratio: 1 / 110 },
    ])
  })

  it('counts init containers as the scheduler does', () => {
    const spec = {
      containers: [asks('1')],
      initContainers: [asks('3'), { ...asks('1'), restartPolicy: 'Always' }],
      overhead: { cpu: '250m' },
    }
    expect(podRequests({ ...object, spec }).get('cpu')).toBe(3.25)
  })
})
