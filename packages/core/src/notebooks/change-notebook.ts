/** Start, stop, restart, and whether the culler may stop it: as the person, each with its audit row. */
import { type Notebook, notebookAnnotations } from '@keelson/contracts/kinds'
import type { GetNotebook, SetCulling } from '@keelson/contracts/notebooks'
import { resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { allow, recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import { findNotebookPod, readNotebook } from './get-notebook.ts'
import { isStopped } from './notebook-view.rules.ts'

/** Ends the server; its volumes stay. Throws `conflict` when it is stopped already. */
export async function stopNotebook(ctx: Ctx, input: GetNotebook): Promise<void> {
  const now = `${ctx.clock.now().toISOString().slice(0, 19)}Z`
  await annotate(ctx, input, 'notebooks.stop', (notebook) => {
    if (isStopped(notebook))
      throw new AppError('conflict', `Notebook ${input.workspace}/${input.name} is already stopped.`)
    return { [notebookAnnotations.stopped]: now, [notebookAnnotations.cullAt]: null }
  })
}

/** Starting what runs changes nothing. */
export async function startNotebook(ctx: Ctx, input: GetNotebook): Promise<void> {
  await annotate(ctx, input, 'notebooks.start', (notebook) =>
    isStopped(notebook) ? { [notebookAnnotations.stopped]: null } : null,
  )
}

/** Who turns culling off keeps the server running however long it idles. */
export async function setCulling(ctx: Ctx, input: SetCulling): Promise<void> {
  const action = input.isOn ? 'notebooks.cullingOn' : 'notebooks.cullingOff'
  await annotate(ctx, input, action, (notebook) => {
    const isOn = notebook.metadata.annotations?.[notebookAnnotations.culling] !== 'disabled'
    if (isOn === input.isOn) return null
    return { [notebookAnnotations.culling]: input.isOn ? null : 'disabled', [notebookAnnotations.cullAt]: null }
  })
}

async function annotate(
  ctx: Ctx,
  { workspace, name }: GetNotebook,
  action: string,
  change: (notebook: Notebook) => Record<string, string | null> | null,
): Promise<void> {
  await allow(ctx, { verb: 'patch', group: 'kubeflow.org', resource: 'notebooks', namespace: workspace, name })
  const notebook = await readNotebook(ctx, { workspace, name })
  const annotations = change(notebook)
  if (annotations === null) return
  const before = Object.fromEntries(
    Object.keys(annotations).map((key) => [key, notebook.metadata.annotations?.[key] ?? null]),
  )
  await inTransaction(ctx, async (tx) => {
    await recordAudit(tx, { workspace, action, subject: `notebook/${name}`, before, after: annotations })
    // The uid keeps a namesake safe that was made meanwhile.
    const metadata = { uid: notebook.metadata.uid, annotations }
    await asActor(ctx).patch(resources.notebooks, { namespace: workspace, name }, { metadata })
  })
}

/** Ends the server's pod: the StatefulSet makes another one. Throws `precondition` when none runs. */
export async function restartNotebook(ctx: Ctx, input: GetNotebook): Promise<void> {
  const { workspace, name } = input
  await allow(ctx, { verb: 'patch', group: 'kubeflow.org', resource: 'notebooks', namespace: workspace, name })
  const api = asActor(ctx)
  const notebook = await readNotebook(ctx, input)
  const pod = isStopped(notebook) ? null : await findNotebookPod(ctx, input)
  if (pod === null) throw new AppError('precondition', `Notebook ${name} does not run: start it instead.`)
  const { name: podName = '', uid = '' } = pod.metadata
  await inTransaction(ctx, async (tx) => {
    await recordAudit(tx, {
      workspace,
      action: 'notebooks.restart',
      subject: `notebook/${name}`,
      before: { pod: podName, uid },
    })
    await api.delete(resources.pods, { namespace: workspace, name: podName }, { uid })
  })
}
