import { type Notebook, notebookLabels } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { DeleteNotebook } from '@keelson/contracts/notebooks'
import { type KubeApi, resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { allow, recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import { readNotebook } from './get-notebook.ts'
import { claimsOf } from './notebook-view.rules.ts'

type Pod = KubeObject & { spec?: { volumes?: { persistentVolumeClaim?: { claimName: string } }[] } }

/** Deletes a notebook, and with `volumes` the claims that nobody else uses. Gives the names of those. */
export async function deleteNotebook(ctx: Ctx, input: DeleteNotebook): Promise<{ volumes: string[] }> {
  const { workspace, name } = input
  await allow(
    ctx,
    { verb: 'delete', group: 'kubeflow.org', resource: 'notebooks', namespace: workspace, name },
    { fresh: true },
  )
  const api = asActor(ctx)
  const notebook = await readNotebook(ctx, input)
  const volumes = input.volumes ? await ownClaims(api, notebook) : []
  const { uid = '' } = notebook.metadata
  await inTransaction(ctx, async (tx) => {
    await recordAudit(tx, {
      workspace,
      action: 'notebooks.delete',
      subject: `notebook/${name}`,
      before: { uid, volumes },
    })
    // Foreground: the notebook is seen to be going until its pod is gone.
    await api.delete(resources.notebooks, { namespace: workspace, name }, { uid, propagation: 'Foreground' })
    for (const claim of volumes) {
      try {
        await api.delete(resources.persistentVolumeClaims, { namespace: workspace, name: claim })
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'not_found')) throw error
      }
    }
  })
  return { volumes }
}

/** The claims of a notebook that neither another notebook (stopped ones too) nor a pod of anything else uses. */
async function ownClaims(api: KubeApi, notebook: Notebook): Promise<string[]> {
  const { namespace, name } = notebook.metadata
  const [notebooks, pods] = await Promise.all([
    api.list<Notebook>(resources.notebooks, { namespace }),
    api.list<Pod>(resources.pods, { namespace }),
  ])
  const others = new Set([
    ...notebooks.items.filter(({ metadata }) => metadata.name !== name).flatMap(claimsOf),
    ...pods.items
      .filter(({ metadata }) => metadata.labels?.[notebookLabels.name] !== name)
      .flatMap(({ spec }) => (spec?.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? [])),
  ])
  return claimsOf(notebook).filter((claim) => !others.has(claim))
}
