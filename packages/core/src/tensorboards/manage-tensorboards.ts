/** TensorBoards are listed, made and deleted as the person; changes with their audit row. */
import { type Tensorboard, tensorboardKind } from '@keelson/contracts/kinds'
import type { CreateTensorboard, GetTensorboard, TensorboardRow } from '@keelson/contracts/tensorboards'
import { resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { allow, recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import { fault } from '../objects/index.ts'
import { requireOwnKind } from '../platform/index.ts'
import { parseLogsPath, toTensorboard } from './tensorboard.rules.ts'

const { group, plural } = resources.tensorboards

/** As the person sees them, the newest first. */
export async function listTensorboards(ctx: Ctx, { workspace }: { workspace: string }): Promise<TensorboardRow[]> {
  return (await readTensorboards(ctx, workspace)).map(toTensorboard)
}

/** The same as the cluster has them; none in a cluster without the kind. */
export async function readTensorboards(ctx: Ctx, namespace: string): Promise<Tensorboard[]> {
  await allow(ctx, { verb: 'list', group, resource: plural, namespace })
  const made = ({ metadata }: Tensorboard) => metadata.creationTimestamp ?? ''
  try {
    const { items } = await asActor(ctx).list<Tensorboard>(resources.tensorboards, { namespace })
    return items.sort((one, other) => made(other).localeCompare(made(one)))
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return []
    throw error
  }
}

/** Throws `invalid` with the field for a place that cannot be read, and for a volume that is not there. */
export async function createTensorboard(ctx: Ctx, input: CreateTensorboard): Promise<{ name: string; uid: string }> {
  const { workspace, name, logspath, configurations } = input
  await allow(ctx, { verb: 'create', group, resource: plural, namespace: workspace })
  await requireOwnKind(ctx, tensorboardKind)
  const parsed = parseLogsPath(logspath)
  if (!('claim' in parsed)) throw fault('logspath', parsed.message)
  const claim = { namespace: workspace, name: parsed.claim }
  if ((await asActor(ctx).find(resources.persistentVolumeClaims, claim)) === null)
    throw fault('logspath', `There is no volume ${parsed.claim} in workspace ${workspace}.`)
  return inTransaction(ctx, async (tx) => {
    const subject = `tensorboard/${name}`
    await recordAudit(tx, { workspace, action: 'tensorboards.create', subject, after: { logspath } })
    const { metadata } = await asActor(ctx).create<Tensorboard>(resources.tensorboards, {
      apiVersion: `${group}/${resources.tensorboards.version}`,
      kind: tensorboardKind.kind,
      metadata: {
        name,
        namespace: workspace,
        ...(configurations.length === 0
          ? {}
          : { labels: Object.fromEntries(configurations.map((label) => [label, 'true'])) }),
      },
      spec: { logspath },
    })
    return { name, uid: metadata.uid ?? '' }
  })
}

export async function deleteTensorboard(ctx: Ctx, { workspace: namespace, name }: GetTensorboard): Promise<void> {
  await allow(ctx, { verb: 'delete', group, resource: plural, namespace, name }, { fresh: true })
  const { metadata, spec } = await asActor(ctx).get<Tensorboard>(resources.tensorboards, { namespace, name })
  const { uid = '' } = metadata
  await inTransaction(ctx, async (tx) => {
    const before = { uid, logspath: spec.logspath }
    await recordAudit(tx, {
      workspace: namespace,
      action: 'tensorboards.delete',
      subject: `tensorboard/${name}`,
      before,
    })
    await asActor(ctx).delete(resources.tensorboards, { namespace, name }, { uid, propagation: 'Foreground' })
  })
}
