/** What the pods of a job say: counts, what must start again, and whether the job is over. */
import { trainingLabels } from '@keelson/contracts/kinds'
import type { ContainerStatus, Pod } from '../pod.rules.ts'
import { decidingType, type ReadJob, type Replica, replicaOf } from './replicas.rules.ts'

export type Outcome = { word: 'Succeeded' | 'Failed'; message: string } | null

export function podsOfType(pods: readonly Pod[], type: string): Pod[] {
  return pods.filter((pod) => pod.metadata.labels?.[trainingLabels.replicaType] === type.toLowerCase())
}

export function indexOf(pod: Pod): number {
  return Number(pod.metadata.labels?.[trainingLabels.replicaIndex] ?? -1)
}

export function hasPhase(pods: readonly Pod[], phase: string): Pod[] {
  return pods.filter((pod) => pod.status?.phase === phase)
}

export function isEnding(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined
}

/** The exit code of the framework's container; null where it never ended by itself (evicted, node lost). */
export function exitCodeOf(read: ReadJob, pod: Pod): number | null {
  const own = pod.status?.containerStatuses?.find(({ name }) => name === read.framework.container)
  return own?.state?.terminated?.exitCode ?? null
}

/**
 * Whether a pod that ended Failed is made anew. Under OnFailure and Always the node restarts containers in place, so that such
 * a pod ends Failed only by eviction or with its node. From 128 on an exit code stands for a signal.
 */
export function startsAgain(read: ReadJob, replica: Replica, pod: Pod): boolean {
  if (pod.status?.phase !== 'Failed') return false
  if (replica.restartPolicy === 'Never') return false
  const code = exitCodeOf(read, pod)
  return replica.restartPolicy !== 'ExitCode' || code === null || code === 0 || code >= 128
}

export function restartsInPlace(pod: Pod): number {
  const containers: ContainerStatus[] = pod.status?.containerStatuses ?? []
  return containers.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0)
}

/** Success is looked at first: a worker that fails after the master is done changes nothing. */
export function outcomeOf(read: ReadJob, pods: readonly Pod[]): Outcome {
  const { kind } = read.framework
  if (succeeded(read, pods)) return { word: 'Succeeded', message: `${kind} ${read.name} successfully completed.` }
  for (const replica of read.replicas) {
    // The other workers go on where their number may change.
    if (replica.type === 'Worker' && read.job.spec.enableDynamicWorker) continue
    const lost = hasPhase(podsOfType(pods, replica.type), 'Failed').filter(
      (pod) => !startsAgain(read, replica, pod) && !isEnding(pod),
    )
    const [first] = lost
    if (first) {
      const message = `${kind} ${read.name} has failed because ${lost.length} ${replica.type} replica(s) failed: ${whyFailed(read, first)}`
      return { word: 'Failed', message }
    }
  }
  return null
}

function succeeded(read: ReadJob, pods: readonly Pod[]): boolean {
  const type = decidingType(read)
  const replica = replicaOf(read, type)
  if (!replica || replica.replicas === 0) return false
  const done = hasPhase(podsOfType(pods, type), 'Succeeded').filter((pod) => indexOf(pod) < replica.replicas)
  if (done.length >= replica.replicas) return true
  if (type !== 'Worker') return false
  const { successPolicy, elasticPolicy } = read.job.spec
  if (read.framework.kind === 'TFJob' && successPolicy !== 'AllWorkers') return done.some((pod) => indexOf(pod) === 0)
  return read.framework.kind === 'PyTorchJob' && elasticPolicy !== undefined && done.length > 0
}

/** `pod job-worker-1 ended with exit code 1 (OOMKilled).` */
export function whyFailed(read: ReadJob, pod: Pod): string {
  const code = exitCodeOf(read, pod)
  const own = pod.status?.containerStatuses?.find(({ name }) => name === read.framework.container)
  const reason = own?.state?.terminated?.reason ?? pod.status?.reason
  const words = reason && reason !== 'Error' ? ` (${reason})` : ''
  const message = pod.status?.message ? ` ${pod.status.message}` : ''
  return code === null
    ? `pod ${pod.metadata.name} was ended${words}.${message}`
    : `pod ${pod.metadata.name} ended with exit code ${code}${words}.${message}`
}

/** Why a job that should run does not, in the node's or scheduler's words: the first pod that says so. */
export function hindranceOf(pods: readonly Pod[]): string | null {
  for (const pod of hasPhase(pods, 'Pending')) {
    const unplaced = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False')
    if (unplaced?.message) return `Pod ${pod.metadata.name} has no node: ${unplaced.message}`
    const containers = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
    const waiting = containers.find(({ state }) => state?.waiting?.message)?.state?.waiting
    if (waiting) return `Pod ${pod.metadata.name} waits (${waiting.reason}): ${waiting.message}`
  }
  return null
}
