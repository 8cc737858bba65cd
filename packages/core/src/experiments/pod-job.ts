import { jobUidOf } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Resource } from '@keelson/kube'
import type { Ctx } from '../context/index.ts'

const pods: Resource = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true }
const mostCached = 5_000
const cache = new Map<string, string | null>()

/** The pod that acts (from its token, never from what the client says) and the job that owns it. */
export async function podOfActor(ctx: Ctx): Promise<{ podUid: string | null; jobUid: string | null }> {
  if (ctx.actor.kind !== 'pod' || ctx.actor.pod === undefined) return { podUid: null, jobUid: null }
  const { name, uid } = ctx.actor.pod
  const known = cache.get(uid)
  if (known !== undefined) return { podUid: uid, jobUid: known }
  const jobUid = (await jobByOwner(ctx, ctx.actor.namespace, name, uid)) ?? (await jobByProjection(ctx, uid))
  if (jobUid !== null) {
    if (cache.size >= mostCached) cache.clear()
    cache.set(uid, jobUid)
  }
  return { podUid: uid, jobUid }
}

async function jobByOwner(ctx: Ctx, namespace: string, name: string, uid: string): Promise<string | null> {
  try {
    const pod = await ctx.kube.find<KubeObject>(pods, { namespace, name })
    if (pod?.metadata.uid !== uid) return null
    return jobUidOf(pod) ?? null
  } catch (error) {
    // A run must not fail because the cluster does not answer just now; the projection may know the pod.
    ctx.log.warn('the pod of a run could not be read', { namespace, name, error })
    return null
  }
}

async function jobByProjection(ctx: Ctx, podUid: string): Promise<string | null> {
  const rows = await ctx.db.query<{ job_uid: string }>('select job_uid from job_pod where uid = $1', podUid)
  return rows[0]?.job_uid ?? null
}
