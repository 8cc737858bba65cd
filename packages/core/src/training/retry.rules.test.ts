import type { JobPod } from '@keelson/contracts/training'
import { describe, expect, it } from 'vitest'
import { indexesOf, narrowToFailed } from './retry.rules.ts'

const job = (spec: object, status: object = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'j', namespace: 'n', uid: 'u', annotations: { mine: 'kept' } },
  spec: { template: {}, ...spec },
  status,
})
const pod = (replicaType: string, replicaIndex: number, status: JobPod['status']['status']) => ({
  replicaType,
  replicaIndex,
  status: { status, reason: null, message: null, since: null },
})

it.each([
  ['', []],
  ['0-2,4', [0, 1, 2, 4]],
  ['7', [7]],
  ['0-9999999999', []],
])('indexesOf %s', (text, wanted) => expect([...indexesOf(text)]).toEqual(wanted))

describe('narrowToFailed', () => {
  it('an Indexed Job keeps its indexes and begins suspended, with what is done written on it', () => {
    const narrowed = narrowToFailed(
      job({ completions: 5, completionMode: 'Indexed' }, { completedIndexes: '0,2-3' }),
      'u',
      [],
    )
    expect(narrowed?.repeats).toBe('index 1, index 4')
    expect(narrowed?.template).toMatchObject({ spec: { completions: 5, suspend: true } })
    expect(narrowed?.template.metadata.annotations).toEqual({
      mine: 'kept',
      'keelson.dev/retry-of': 'u',
      'keelson.dev/retry-of-replicas': 'index 1, index 4',
      'keelson.dev/completed-indexes': '0,2-3',
    })
  })

  it('a Job that counts makes what is missing', () => {
    const narrowed = narrowToFailed(job({ completions: 10, parallelism: 8 }, { succeeded: 7 }), 'u', [])
    expect(narrowed?.template).toMatchObject({ spec: { completions: 3, parallelism: 3 } })
    expect(narrowed?.repeats).toBe('3 of 10 completions')
  })

  it.each([
    ['nothing succeeded', job({ completions: 3, completionMode: 'Indexed' })],
    ['all succeeded', job({ completions: 2, completionMode: 'Indexed' }, { completedIndexes: '0-1' })],
    ['one pod', job({}, { succeeded: 1 })],
    ['no job', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } }],
  ])('%s: there is no part', (_, manifest) => expect(narrowToFailed(manifest, 'u', [])).toBeNull())

  it('of a training job the workers that failed, by their newest attempt, with the group they need', () => {
    const template = { spec: { containers: [{ name: 'tensorflow', env: [{ name: 'A', value: '1' }] }] } }
    const tf = {
      apiVersion: 'kubeflow.org/v1',
      kind: 'TFJob',
      metadata: { name: 'j', namespace: 'n' },
      spec: {
        tfReplicaSpecs: { PS: { replicas: 2, template }, Worker: { replicas: 3, template }, Evaluator: { template } },
      },
    }
    const pods = [
      pod('Worker', 0, 'succeeded'),
      pod('Worker', 1, 'failed'),
      pod('Worker', 2, 'failed'),
      pod('Worker', 2, 'succeeded'),
      pod('Evaluator', 0, 'succeeded'),
    ]
    const { template: made, repeats } = narrowToFailed(tf, 'u', pods) ?? {}
    expect(repeats).toBe('worker-1')
    const specs = (made as unknown as typeof tf).spec.tfReplicaSpecs
    expect(Object.entries(specs).map(([type, spec]) => [type, 'replicas' in spec ? spec.replicas : 1])).toEqual([
      ['PS', 2],
      ['Worker', 1],
    ])
    expect(specs.Worker.template.spec.containers[0]?.env).toEqual([
      { name: 'A', value: '1' },
      { name: 'KEELSON_RETRY_REPLICAS', value: 'worker-1' },
    ])
    expect(narrowToFailed(tf, 'u', [])).toBeNull()
  })
})
