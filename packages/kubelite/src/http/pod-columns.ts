/** The columns of `kubectl get pods`: `printPod` of k8s.io/kubernetes/pkg/printers/internalversion. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { age } from '../schema/json-path.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { type Column, column } from './column.ts'

const list = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
const part = (value: unknown, key: string): JsonObject => (isObject(value) && isObject(value[key]) ? value[key] : {})
const state = (container: JsonObject, name: 'waiting' | 'running' | 'terminated'): JsonObject | null =>
  isObject(container.state) && isObject(container.state[name]) ? container.state[name] : null

type PodSummary = { ready: number; total: number; reason: string; restarts: number; lastRestart: string }

function summarize(pod: KubeObject): PodSummary {
  const status = part(pod, 'status')
  const spec = part(pod, 'spec')
  const sidecars = new Set(
    list(spec.initContainers).flatMap(({ name, restartPolicy }) => (restartPolicy === 'Always' ? [name] : [])),
  )
  const total = list(spec.containers).length + sidecars.size
  const conditions = list(status.conditions)
  const holds = (type: string) => conditions.some((each) => each.type === type && each.status === 'True')
  const isGated = conditions.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated')
  const reason = isGated ? 'SchedulingGated' : String(status.reason || status.phase || '')
  const inits = initialization(list(status.initContainerStatuses), sidecars, list(spec.initContainers).length)
  const initStatuses = list(status.initContainerStatuses)
  if (inits.reason !== null && !holds('Initialized'))
    return { ready: inits.ready, total, reason: inits.reason, ...restartsOf(initStatuses.slice(0, inits.looked)) }
  const mains = list(status.containerStatuses)
  const running = mains.filter((each) => each.ready === true && state(each, 'running') !== null)
  const text = containersReason(mains) ?? inits.reason ?? reason
  return {
    ready: inits.ready + running.length,
    total,
    reason: text === 'Completed' && running.length > 0 ? (holds('Ready') ? 'Running' : 'NotReady') : text,
    ...restartsOf([...initStatuses.slice(0, inits.looked).filter(({ name }) => sidecars.has(name)), ...mains]),
  }
}

/** The first init container that is not through decides; sidecars that are up are counted on the way to it. */
function initialization(
  inits: readonly JsonObject[],
  sidecars: ReadonlySet<unknown>,
  total: number,
): { reason: string | null; ready: number; looked: number } {
  let ready = 0
  for (const [index, container] of inits.entries()) {
    const terminated = state(container, 'terminated')
    if (terminated !== null && (terminated.exitCode ?? 0) === 0) continue
    if (sidecars.has(container.name) && container.started === true) {
      if (container.ready === true) ready += 1
      continue
    }
    const waiting = state(container, 'waiting')?.reason
    const reason =
      terminated !== null
        ? endReason(terminated)
        : waiting && waiting !== 'PodInitializing'
          ? String(waiting)
          : `${index}/${total}`
    return { reason: `Init:${reason}`, ready, looked: index + 1 }
  }
  return { reason: null, ready, looked: inits.length }
}

/** The first container that waits or has ended gives the word. */
function containersReason(containers: readonly JsonObject[]): string | null {
  for (const container of containers) {
    const waiting = state(container, 'waiting')?.reason
    if (waiting) return String(waiting)
    const terminated = state(container, 'terminated')
    if (terminated !== null) return endReason(terminated)
  }
  return null
}

function endReason(terminated: JsonObject): string {
  if (terminated.reason) return String(terminated.reason)
  return terminated.signal ? `Signal:${String(terminated.signal)}` : `ExitCode:${String(terminated.exitCode ?? 0)}`
}

function restartsOf(containers: readonly JsonObject[]): { restarts: number; lastRestart: string } {
  const ends = containers.map((each) => String(part(part(each, 'lastState'), 'terminated').finishedAt ?? ''))
  return {
    restarts: containers.reduce((sum, each) => sum + Number(each.restartCount ?? 0), 0),
    lastRestart: ends.sort().at(-1) ?? '',
  }
}

/** The STATUS column. */
export function podStatusText(pod: KubeObject): string {
  const { phase, reason } = part(pod, 'status')
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (reason === 'NodeLost') return 'Unknown'
    if (phase !== 'Succeeded' && phase !== 'Failed') return 'Terminating'
  }
  return summarize(pod).reason
}

function restartsText(pod: KubeObject, now: Date): string {
  const { restarts, lastRestart } = summarize(pod)
  return restarts > 0 && lastRestart !== '' ? `${restarts} (${age(lastRestart, now)} ago)` : String(restarts)
}

function readyText(pod: KubeObject): string {
  const { ready, total } = summarize(pod)
  return `${ready}/${total}`
}

function gatesText(pod: KubeObject): string {
  const gates = list(part(pod, 'spec').readinessGates)
  const conditions = list(part(pod, 'status').conditions)
  const met = gates.filter((gate) =>
    conditions.some((each) => each.type === gate.conditionType && each.status === 'True'),
  )
  return gates.length === 0 ? '<none>' : `${met.length}/${gates.length}`
}

export const podCells: readonly Column[] = [
  column('Name', (pod) => pod.metadata.name ?? '', 'string', 0, 'name'),
  column('Ready', readyText),
  column('Status', podStatusText),
  column('Restarts', restartsText),
  column('Age', (pod, now) => age(pod.metadata.creationTimestamp, now)),
  column('IP', (pod) => part(pod, 'status').podIP ?? '<none>', 'string', 1),
  column('Node', (pod) => part(pod, 'spec').nodeName ?? '<none>', 'string', 1),
  column('Nominated Node', (pod) => part(pod, 'status').nominatedNodeName ?? '<none>', 'string', 1),
  column('Readiness Gates', gatesText, 'string', 1),
]
