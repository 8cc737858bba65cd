import { randomBytes } from 'node:crypto'
import { type Notebook, notebookKind, type PodDefault } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { SpawnNotebook } from '@keelson/contracts/notebooks'
import { type KubeApi, resources } from '@keelson/kube'
import { allow, recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import { toYaml } from '../objects/index.ts'
import { requireOwnKind } from '../platform/index.ts'
import { noneWithoutKind } from './list-notebooks.ts'
import { claimsOf, serverContainer } from './notebook-view.rules.ts'
import { type Spawned, spawned } from './spawner.rules.ts'
import { openSpawnerSource, type SpawnerSource } from './spawner-source.ts'

const shipped = openSpawnerSource()

/** The configuration of this installation, or the one that Keelson ships. */
export function spawnerConfig({ spawner }: Pick<Ctx, 'spawner'>): ReturnType<SpawnerSource> {
  return (spawner ?? shipped)()
}

/** The PodDefaults of a workspace as the actor sees them; none in a cluster without the kind. */
export async function listPodDefaults(ctx: Ctx, namespace: string): Promise<PodDefault[]> {
  return noneWithoutKind(asActor(ctx).list<PodDefault>(resources.podDefaults, { namespace }))
}

/** What a form would make, as YAML; nothing is made. Throws what {@link spawnNotebook} would throw for the form itself. */
export async function draftNotebook(ctx: Ctx, input: SpawnNotebook): Promise<{ yaml: string }> {
  const { notebook, claims } = await plan(ctx, input)
  return { yaml: [...claims, notebook].map(toYaml).join('---\n') }
}

/**
 * Makes a notebook and its new volumes, as the person. The server is asked first whether it would take every one of them; a
 * volume that was made is taken back where the next thing is refused all the same.
 */
export async function spawnNotebook(ctx: Ctx, input: SpawnNotebook): Promise<{ name: string; uid: string }> {
  return createPlanned(ctx, input.workspace, await plan(ctx, input), 'notebooks.spawn')
}

async function plan(ctx: Ctx, { workspace, form }: SpawnNotebook): Promise<Spawned> {
  await allow(ctx, { verb: 'create', group: 'kubeflow.org', resource: 'notebooks', namespace: workspace })
  await requireOwnKind(ctx, notebookKind)
  const api = asActor(ctx)
  const [config, podDefaults, claims] = await Promise.all([
    spawnerConfig(ctx),
    listPodDefaults(ctx, workspace),
    api.list<KubeObject>(resources.persistentVolumeClaims, { namespace: workspace, metadataOnly: true }),
  ])
  return spawned(config, form, {
    workspace,
    creator: ctx.actor.username,
    podDefaults,
    claims: claims.items.map(({ metadata }) => metadata.name ?? ''),
    suffix: randomBytes(3).toString('hex'),
  })
}

export async function createPlanned(
  ctx: Ctx,
  workspace: string,
  { notebook, claims }: Spawned,
  action: 'notebooks.spawn' | 'notebooks.clone',
): Promise<{ name: string; uid: string }> {
  const api = asActor(ctx)
  await api.create(resources.notebooks, notebook, { dryRun: true })
  for (const claim of claims) await api.create(resources.persistentVolumeClaims, claim, { dryRun: true })
  const { name = '' } = notebook.metadata
  return inTransaction(ctx, async (tx) => {
    const { image, resources: size } = serverContainer(notebook)
    await recordAudit(tx, {
      workspace,
      action,
      subject: `notebook/${name}`,
      after: { image, resources: size, volumes: claimsOf(notebook) },
    })
    const made: KubeObject[] = []
    try {
      for (const claim of claims) made.push(await api.create(resources.persistentVolumeClaims, claim))
      const { metadata } = await api.create<Notebook>(resources.notebooks, notebook)
      return { name, uid: metadata.uid ?? '' }
    } catch (error) {
      for (const claim of made) await takeBack(ctx, api, claim)
      throw error
    }
  })
}

async function takeBack(ctx: Ctx, api: KubeApi, { metadata }: KubeObject): Promise<void> {
  const { namespace = '', name = '', uid = '' } = metadata
  await api
    .delete(resources.persistentVolumeClaims, { namespace, name }, { uid })
    .catch((error) => ctx.log.warn('a volume could not be taken back', { namespace, name, error }))
}
