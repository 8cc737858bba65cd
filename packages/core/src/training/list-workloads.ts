import type { Workload } from '@keelson/contracts/training'
import { type KubeApi, resources } from '@keelson/kube'
import { allowOperator } from '../access/index.ts'
import { asActor, type Ctx } from '../context/index.ts'
import { podRequests, quantityText } from '../workspaces/index.ts'
import { type Pod, podFacts } from './pod.rules.ts'

/** Everything that runs or waits in any workspace, the newest first: its pods, with what they belong to. */
export async function listWorkloads(ctx: Ctx): Promise<Workload[]> {
  await allowOperator(ctx)
  const api = asActor(ctx)
  const [profiles, pods] = await Promise.all([api.list(resources.profiles), listPods(api)])
  const workspaces = new Set(profiles.items.map((profile) => profile.metadata.name))
  return pods
    .filter((pod) => workspaces.has(pod.metadata.namespace))
    .map(toWorkload)
    .sort((one, other) => other.createdAt.localeCompare(one.createdAt))
}

const pageSize = 500

async function listPods(api: KubeApi): Promise<Pod[]> {
  const pods: Pod[] = []
  let next: string | undefined
  do {
    const page = await api.list<Pod>(resources.pods, { limit: pageSize, continue: next })
    pods.push(...page.items)
    next = page.continue
  } while (next)
  return pods
}

function toWorkload(pod: Pod): Workload {
  const { name = '', namespace = '', uid = '', creationTimestamp, ownerReferences = [] } = pod.metadata
  const owner = ownerReferences.find((each) => each.controller === true)
  const requests = podRequests(pod as Parameters<typeof podRequests>[0])
  const asked = (resource: string) => quantityText(resource, requests.get(resource) ?? 0)
  return {
    uid,
    workspace: namespace,
    pod: name,
    owner: owner ? { kind: owner.kind, name: owner.name, uid: owner.uid } : null,
    status: podFacts(pod).status,
    cpu: asked('cpu'),
    memory: asked('memory'),
    createdAt: new Date(creationTimestamp ?? 0).toISOString(),
  }
}
