/** Looks after the dashboard's file browsers: what they find to be used is noted on the claim, and those that nobody uses are ended. */
import { fileViewerLabel, type PvcViewer } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { BaseCtx } from '@keelson/core/context'
import { endViewer, type FilesHealth, filesPort, isIdle, usedAnnotation, viewerLabels } from '@keelson/core/volumes'
import { askServer } from '@keelson/core/webapps'
import {
  after,
  done,
  type Informer,
  type ReconcileResult,
  refOfKey,
  resources,
  runReconciler,
  source,
} from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import type { RunningService } from '@keelson/process/service'
import { z } from 'zod'
import type { ServedAppParts } from './served-app.ts'

const lookEveryMs = 30_000
/** Of a tenant's pod: a claim's annotation holds what it says, so what it may say is narrow. */
const Health = z.object({
  lastActivity: z.iso.datetime(),
  usedBytes: z.number().nonnegative().max(Number.MAX_SAFE_INTEGER).nullable(),
  usedAt: z.iso.datetime().nullable(),
})

type Pod = KubeObject & { status?: { podIP?: string; phase?: string } }
type Keeper = {
  base: Pick<BaseCtx, 'kube' | 'clock'>
  viewers: Pick<Informer<PvcViewer>, 'get'>
  pods: Pick<Informer<KubeObject>, 'list'>
  signal: AbortSignal
}

export function fileViewerKeeper({ base, informers, log, signal }: ServedAppParts): RunningService {
  const viewers = base.kube.inform<PvcViewer>(
    resources.pvcViewers,
    { labelSelector: `${fileViewerLabel}=true` },
    signal,
  )
  const keeper: Keeper = { base, viewers, pods: informers.pods, signal }
  return runReconciler({
    name: 'file-viewer-keeper',
    sources: [source(viewers)],
    reconcile: (key) => lookAfterViewer(keeper, key),
    // Each may wait ten seconds for a server that says nothing.
    workers: 4,
    log,
    signal,
  })
}

export async function lookAfterViewer({ base, viewers, pods, signal }: Keeper, key: string): Promise<ReconcileResult> {
  const viewer = viewers.get(refOfKey(key))
  if (!viewer || viewer.metadata.deletionTimestamp !== undefined) return done
  const { namespace = '', name = '' } = viewer.metadata
  const instance = viewerLabels(name)['app.kubernetes.io/instance']
  const pod = (pods.list(namespace) as Pod[]).find((each) => {
    const isOwn = each.metadata.labels?.['app.kubernetes.io/instance'] === instance
    return isOwn && each.status?.phase === 'Running' && each.metadata.deletionTimestamp === undefined
  })
  const health = pod?.status?.podIP ? await ask(pod.status.podIP, signal) : null
  if (isIdle(viewer, health, base.clock.now())) {
    await endViewer(base.kube, viewer)
    return done
  }
  if (health !== null) await noteUse(base, { namespace, name: viewer.spec.pvc }, health)
  return after(lookEveryMs)
}

async function ask(address: string, signal: AbortSignal): Promise<FilesHealth | null> {
  const host = address.includes(':') ? `[${address}]` : address
  const read = Health.safeParse(await askServer(`http://${host}:${filesPort}/healthz`, signal))
  return read.success ? read.data : null
}

/** Written when it changed, and at most as often as somebody looks. */
async function noteUse(
  { kube }: Keeper['base'],
  claim: { namespace: string; name: string },
  { usedBytes, usedAt }: FilesHealth,
): Promise<void> {
  if (usedBytes === null || usedAt === null) return
  try {
    const { metadata } = await kube.get(resources.persistentVolumeClaims, claim)
    const before = metadata.annotations?.[usedAnnotation] ?? ''
    if (before.startsWith(`{"bytes":${usedBytes},`)) return
    const annotations = { [usedAnnotation]: JSON.stringify({ bytes: usedBytes, at: usedAt }) }
    await kube.patch(resources.persistentVolumeClaims, claim, { metadata: { annotations } })
  } catch (error) {
    // The claim goes before its viewer does.
    if (!(error instanceof AppError && error.code === 'not_found')) throw error
  }
}
