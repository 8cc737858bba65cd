/**
 * Says when people share this machine. Pods here are processes of one user: whoever may run one can read what another's wrote. A
 * namespace's owner is the annotation `owner`, as Kubeflow's profile controller writes it; with a second owner the node's
 * condition `TenantsIsolated` becomes False and every owned namespace gets a Warning, before the newcomer has a pod.
 */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Clock } from '@keelson/process/clock'
import type { Logger } from '@keelson/process/logger'
import type { KubeliteClient } from '../client.ts'
import type { EventRecorder } from '../controllers/event-recorder.ts'
import { nodes } from './types.ts'

export const isolationCondition = 'TenantsIsolated'
const namespaces = { group: '', version: 'v1', plural: 'namespaces' }
const ownerAnnotation = 'owner'
const retryMs = 1_000

type Condition = { type: string; status: string; reason: string; message: string; lastTransitionTime?: string }
type NodeWithConditions = KubeObject & { status?: { conditions?: Condition[] } }
export type Isolation = { status: 'True' | 'False'; reason: string; message: string }

/** What the node's condition says for these owners of namespaces. It names nobody: everybody may read it. */
export function isolationOf(owners: readonly string[]): Isolation {
  const { size } = new Set(owners)
  if (size < 2)
    return { status: 'True', reason: 'OneTenant', message: 'All workspaces of this machine belong to one owner.' }
  return {
    status: 'False',
    reason: 'SeveralTenants',
    message: `Workspaces of ${size} owners share this machine, where pods are processes of one user: the work of one can read and stop that of another. Use a real cluster for people who must be kept apart.`,
  }
}

export type TenantWatchOptions = {
  client: KubeliteClient
  nodeName: string
  events: EventRecorder
  clock: Clock
  log: Logger
  signal: AbortSignal
}

/** Keeps the condition true until `signal` aborts. */
export async function watchTenants(options: TenantWatchOptions): Promise<void> {
  const { client, clock, log, signal } = options
  while (!signal.aborted) {
    const owned = new Map<string, KubeObject>()
    try {
      for await (const { type, object } of client.watch<KubeObject>(namespaces, {}, signal)) {
        if (type === 'BOOKMARK') continue
        const name = object.metadata.name ?? ''
        const isGone = type === 'DELETED' || !object.metadata.annotations?.[ownerAnnotation]
        if (isGone ? !owned.delete(name) : sameOwner(owned.get(name), object)) continue
        if (!isGone) owned.set(name, object)
        await tell(options, [...owned.values()])
      }
    } catch (error) {
      if (!signal.aborted) log.warn('the owners of namespaces cannot be watched', { error })
    }
    await clock.sleep(retryMs, signal).catch(() => {})
  }
}

const ownerOf = (namespace: KubeObject): string => namespace.metadata.annotations?.[ownerAnnotation] ?? ''

function sameOwner(before: KubeObject | undefined, now: KubeObject): boolean {
  return before !== undefined && before.metadata.uid === now.metadata.uid && ownerOf(before) === ownerOf(now)
}

async function tell({ client, nodeName, events, clock }: TenantWatchOptions, owned: KubeObject[]): Promise<void> {
  const isolation = isolationOf(owned.map(ownerOf))
  const node = await client.get<NodeWithConditions>(nodes, { name: nodeName })
  const conditions = node.status?.conditions ?? []
  const before = conditions.find(({ type }) => type === isolationCondition)
  if (before?.status !== isolation.status || before.message !== isolation.message) {
    const at = `${clock.now().toISOString().slice(0, 19)}Z`
    const lastTransitionTime = before?.status === isolation.status ? (before.lastTransitionTime ?? at) : at
    const condition = { type: isolationCondition, ...isolation, lastHeartbeatTime: at, lastTransitionTime }
    const others = conditions.filter(({ type }) => type !== isolationCondition)
    await client.patch(nodes, { name: nodeName }, { status: { conditions: [...others, condition] } }, 'status')
  }
  if (isolation.status === 'True') return
  // In the namespace itself, where its people look; a repeat of the same one only counts.
  for (const namespace of owned) {
    const { name = '', uid = '' } = namespace.metadata
    const about = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, namespace: name, uid } }
    events.record(about, 'Warning', 'TenantsNotIsolated', isolation.message)
  }
}
