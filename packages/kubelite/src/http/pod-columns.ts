import type { KubeObject } from '@keelson/contracts/kubernetes'
import { age } from '../schema/json-path.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { type Column, column } from './column.ts'

const list = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
const part = (value: unknown, key: string): JsonObject => (isObject(value) && isObject(value[key]) ? value[key] : {})

/** The STATUS of `kubectl get pods` (printPod): init containers first, then the reason of the last bad container. */
export function podStatusText(pod: KubeObject): string {
  const status = part(pod, 'status')
  let reason = String(status.reason ?? status.phase ?? '')
  const inits = list(status.initContainerStatuses)
  const initTotal = list(part(pod, 'spec').initContainers).length
  let initializing = false
  for (const [index, container] of inits.entries()) {
    const text = initText(container, index, initTotal)
    if (text === null) continue
    reason = text
    initializing = true
    break
  }
  if (!initializing) reason = containersText(list(status.containerStatuses), reason)
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status.reason === 'NodeLost') return 'Unknown'
    if (status.phase !== 'Succeeded' && status.phase !== 'Failed') return 'Terminating'
  }
  return reason
}

function initText(container: JsonObject, index: number, total: number): string | null {
  const terminated = part(container.state, 'terminated')
  const waiting = part(container.state, 'waiting')
  if (isObject(container.state) && isObject(container.state.terminated)) {
    if (terminated.exitCode === 0) return null
    if (terminated.reason) return `Init:${String(terminated.reason)}`
    return terminated.signal
      ? `Init:Signal:${String(terminated.signal)}`
      : `Init:ExitCode:${String(terminated.exitCode)}`
  }
  if (waiting.reason && waiting.reason !== 'PodInitializing') return `Init:${String(waiting.reason)}`
  return `Init:${index}/${total}`
}

function containersText(containers: readonly JsonObject[], before: string): string {
  let reason = before
  let running = false
  for (const container of [...containers].reverse()) {
    const waiting = part(container.state, 'waiting')
    const terminated = part(container.state, 'terminated')
    if (waiting.reason) reason = String(waiting.reason)
    else if (terminated.reason) reason = String(terminated.reason)
    else if (isObject(container.state) && isObject(container.state.terminated))
      reason = terminated.signal ? `Signal:${String(terminated.signal)}` : `ExitCode:${String(terminated.exitCode)}`
    else if (container.ready === true && isObject(container.state) && container.state.running !== undefined)
      running = true
  }
  return reason === 'Completed' && running ? 'Running' : reason
}

const statuses = (pod: KubeObject) => list(part(pod, 'status').containerStatuses)
export const podCells: readonly Column[] = [
  column('Name', (pod) => pod.metadata.name ?? '', 'string', 0, 'name'),
  column(
    'Ready',
    (pod) =>
      `${statuses(pod).filter((item) => item.ready === true).length}/${list(part(pod, 'spec').containers).length}`,
  ),
  column('Status', podStatusText),
  column('Restarts', (pod) => String(statuses(pod).reduce((sum, item) => sum + Number(item.restartCount ?? 0), 0))),
  column('Age', (pod, now) => age(pod.metadata.creationTimestamp, now)),
  column('IP', (pod) => part(pod, 'status').podIP ?? '<none>', 'string', 1),
  column('Node', (pod) => part(pod, 'spec').nodeName ?? '<none>', 'string', 1),
  column('Nominated Node', (pod) => part(pod, 'status').nominatedNodeName ?? '<none>', 'string', 1),
  column('Readiness Gates', () => '<none>', 'string', 1),
]
