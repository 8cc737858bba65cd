import { resources } from '@keelson/kube'
import { asActor, type Ctx } from '../context/index.ts'
import type { KubeEvent } from './project-events.ts'

/** The cluster's own events of a workspace, as it has them now and as the actor may see them. */
export async function listEvents(ctx: Ctx, input: { workspace: string }): Promise<KubeEvent[]> {
  return (await asActor(ctx).list<KubeEvent>(resources.events, { namespace: input.workspace })).items
}
