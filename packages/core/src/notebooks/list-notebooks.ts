import type { Notebook } from '@keelson/contracts/kinds'
import type { NotebookServer } from '@keelson/contracts/notebooks'
import { resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { allow } from '../access/index.ts'
import { asActor, type Ctx } from '../context/index.ts'
import { eventTime, type NotebookEvent, toServer } from './notebook-view.rules.ts'

/** The notebooks of a workspace as the person sees them, the newest first. */
export async function listNotebooks(ctx: Ctx, { workspace }: { workspace: string }): Promise<NotebookServer[]> {
  return (await readNotebooks(ctx, workspace)).map(toServer)
}

/** The same as the cluster has them. */
export async function readNotebooks(ctx: Ctx, workspace: string): Promise<Notebook[]> {
  await allow(ctx, { verb: 'list', group: 'kubeflow.org', resource: 'notebooks', namespace: workspace })
  const items = await noneWithoutKind(asActor(ctx).list<Notebook>(resources.notebooks, { namespace: workspace }))
  const made = ({ metadata }: Notebook) => metadata.creationTimestamp ?? ''
  return items.sort((one, other) => made(other).localeCompare(made(one)))
}

/** A cluster without the kind has no such objects. */
export async function noneWithoutKind<T>(listed: Promise<{ items: T[] }>): Promise<T[]> {
  try {
    return (await listed).items
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return []
    throw error
  }
}

/** The events of the notebooks of a workspace, or of one of them; the newest first. */
export async function listNotebookEvents(
  ctx: Ctx,
  { workspace, name }: { workspace: string; name?: string },
): Promise<NotebookEvent[]> {
  const named = name === undefined ? '' : `,involvedObject.name=${name}`
  const { items } = await asActor(ctx).list<NotebookEvent>(resources.events, {
    namespace: workspace,
    fieldSelector: `involvedObject.kind=Notebook${named}`,
  })
  return items.sort((one, other) => eventTime(other).localeCompare(eventTime(one)))
}
