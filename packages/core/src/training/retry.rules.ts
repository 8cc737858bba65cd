/** What of a job is to be done again: those replicas or indexes that did not succeed. */
import { frameworkOf } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { JobPod } from '@keelson/contracts/training'
import { templateOf } from './template.rules.ts'

/** On the new job, in words: `index 3, index 7`, `worker-1`. */
export const repeatsAnnotation = 'keelson.dev/retry-of-replicas'
/** On a new Indexed Job: the indexes that are done already, as a Job's `status.completedIndexes` has them (`0-2,4`). */
export const doneIndexesAnnotation = 'keelson.dev/completed-indexes'
/** Tells the program which of the earlier workers it stands for: workers are numbered anew from 0. */
export const repeatsVariable = 'KEELSON_RETRY_REPLICAS'

export type Narrowed = { template: KubeObject; repeats: string }

type JobSpec = { completions?: number; parallelism?: number; completionMode?: string; suspend?: boolean }
type JobObject = KubeObject & { spec?: JobSpec; status?: { succeeded?: number; completedIndexes?: string } }
type Container = { name: string; env?: { name: string; value?: string }[] }
type ReplicaSpec = { replicas?: number; template?: { spec?: { containers?: Container[] } } }
type TrainingObject = KubeObject & { spec: Record<string, Record<string, ReplicaSpec | null>> }
type Replica = Pick<JobPod, 'replicaType' | 'replicaIndex' | 'status'>

/** Null where nothing would be left out: there is no part that succeeded, or none that did not. */
export function narrowToFailed(manifest: unknown, uid: string, pods: readonly Replica[]): Narrowed | null {
  const job = manifest as JobObject
  if (job.kind === 'Job') return job.spec?.completionMode === 'Indexed' ? ofIndexes(job, uid) : ofCompletions(job, uid)
  return frameworkOf(job.kind) ? ofWorkers(manifest as TrainingObject, uid, pods) : null
}

/**
 * The same indexes, of which those that are done are written into the new job's status before it starts: Kubernetes' job
 * controller never makes a pod for an index that is completed there.
 */
function ofIndexes(job: JobObject, uid: string): Narrowed | null {
  const { completions = 0 } = job.spec ?? {}
  const done = job.status?.completedIndexes ?? ''
  const completed = indexesOf(done)
  const left = Array.from({ length: completions }, (_, index) => index).filter((index) => !completed.has(index))
  if (completed.size === 0 || left.length === 0) return null
  const repeats = left.map((index) => `index ${index}`).join(', ')
  const template = annotated(templateOf(job, { retryOf: uid }), {
    [repeatsAnnotation]: shortened(repeats),
    [doneIndexesAnnotation]: done,
  }) as JobObject
  return { template: { ...template, spec: { ...template.spec, suspend: true } } as KubeObject, repeats }
}

/** Completions without numbers are alike: as many as are missing. */
function ofCompletions(job: JobObject, uid: string): Narrowed | null {
  const { completions, parallelism = 1 } = job.spec ?? {}
  const { succeeded = 0 } = job.status ?? {}
  if (completions === undefined || succeeded === 0 || succeeded >= completions) return null
  const left = completions - succeeded
  const repeats = `${left} of ${completions} completions`
  const template = annotated(templateOf(job, { retryOf: uid }), { [repeatsAnnotation]: repeats }) as JobObject
  const spec = { ...template.spec, completions: left, parallelism: Math.min(parallelism, left) }
  return { template: { ...template, spec } as KubeObject, repeats }
}

/**
 * Workers (and Evaluators) that succeeded are left out; masters, launchers and parameter servers come along as they were, since
 * the others need them. The rest is numbered anew, so each container is told whom it stands for.
 */
function ofWorkers(job: TrainingObject, uid: string, pods: readonly Replica[]): Narrowed | null {
  const key = frameworkOf(job.kind)?.specKey ?? ''
  const template = templateOf(job, { retryOf: uid }) as TrainingObject
  const present = Object.entries(template.spec[key] ?? {}).flatMap(([type, spec]) =>
    spec ? [[type, spec] as const] : [],
  )
  const repeated: string[] = []
  let isNarrower = false
  const specs = present.flatMap(([type, spec]): [string, ReplicaSpec][] => {
    if (!/^(worker|evaluator)$/i.test(type)) return [[type, spec]]
    const count = spec.replicas ?? 1
    const left = Array.from({ length: count }, (_, index) => index).filter((index) => !hasSucceeded(pods, type, index))
    if (left.length < count) isNarrower = true
    repeated.push(...left.map((index) => `${type.toLowerCase()}-${index}`))
    return left.length === 0 ? [] : [[type, { ...spec, replicas: left.length }]]
  })
  if (!isNarrower || repeated.length === 0) return null
  const repeats = repeated.join(', ')
  const told = Object.fromEntries(specs.map(([type, spec]) => [type, withVariable(spec, repeated.join(','))]))
  const narrowed = { ...template, spec: { ...template.spec, [key]: told } }
  return { template: annotated(narrowed, { [repeatsAnnotation]: shortened(repeats) }), repeats }
}

/** By its newest attempt, which is the last one. */
function hasSucceeded(pods: readonly Replica[], type: string, index: number): boolean {
  const own = pods.filter((pod) => pod.replicaType?.toLowerCase() === type.toLowerCase() && pod.replicaIndex === index)
  return own.at(-1)?.status.status === 'succeeded'
}

function withVariable(spec: ReplicaSpec, value: string): ReplicaSpec {
  const containers = spec.template?.spec?.containers?.map((container) => ({
    ...container,
    env: [...(container.env ?? []).filter(({ name }) => name !== repeatsVariable), { name: repeatsVariable, value }],
  }))
  return containers ? { ...spec, template: { ...spec.template, spec: { ...spec.template?.spec, containers } } } : spec
}

function annotated<T extends KubeObject>(object: T, more: Record<string, string>): T {
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...more } } }
}

const longestWords = 1_000

function shortened(words: string): string {
  return words.length <= longestWords ? words : `${words.slice(0, longestWords)}…`
}

/** `0-2,4` → 0, 1, 2, 4. */
export function indexesOf(text: string): Set<number> {
  const parts = text.split(',').filter((part) => part !== '')
  return new Set(
    parts.flatMap((part) => {
      const [first = Number.NaN, last = first] = part.split('-').map(Number)
      return Number.isInteger(first) && Number.isInteger(last) && last - first < 1_000_000
        ? Array.from({ length: last - first + 1 }, (_, index) => first + index)
        : []
    }),
  )
}
