import { notebookAnnotations, notebookKind } from '@keelson/contracts/kinds'
import { type CloneNotebook, ServerType } from '@keelson/contracts/notebooks'
import { resources } from '@keelson/kube'
import { allow } from '../access/index.ts'
import { asActor, type Ctx } from '../context/index.ts'
import { requireOwnKind } from '../platform/index.ts'
import { type Claim, cloned } from './clone.rules.ts'
import { readNotebook } from './get-notebook.ts'
import { serverContainer } from './notebook-view.rules.ts'
import { createPlanned, spawnerConfig } from './spawn-notebook.ts'
import { checkImage } from './spawner.rules.ts'

/** A new notebook like another one, with a home of its own that is empty. */
export async function cloneNotebook(ctx: Ctx, input: CloneNotebook): Promise<{ name: string; uid: string }> {
  const { workspace, as: name } = input
  await allow(ctx, { verb: 'create', group: 'kubeflow.org', resource: 'notebooks', namespace: workspace })
  await requireOwnKind(ctx, notebookKind)
  const [config, source, claims] = await Promise.all([
    spawnerConfig(ctx),
    readNotebook(ctx, input),
    asActor(ctx).list<Claim>(resources.persistentVolumeClaims, { namespace: workspace }),
  ])
  const type = ServerType.safeParse(source.metadata.annotations?.[notebookAnnotations.serverType])
  checkImage(config, type.success ? type.data : 'jupyter', serverContainer(source).image, 'image')
  const wanted = cloned(source, claims.items, { name, creator: ctx.actor.username })
  return createPlanned(ctx, workspace, wanted, 'notebooks.clone')
}
