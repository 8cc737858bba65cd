import type { Actor } from '@keelson/contracts/access'
import { decodeJwt } from 'jose'
import type { BaseCtx } from '../context/ctx.ts'
import type { ResolvedIdentity } from './identity.ts'

/** The audience that a pod may ask its projected token to be for when it talks to Keelson alone. */
export const keelsonAudience = 'keelson'

const podNameKey = 'authentication.kubernetes.io/pod-name'
const podUidKey = 'authentication.kubernetes.io/pod-uid'
const serviceAccountName = /^system:serviceaccount:([a-z0-9-]+):([a-z0-9.-]+)$/

/**
 * A pod by its ServiceAccount token. The cluster's own TokenReview decides, with our audience where the token names it and with the
 * API server's otherwise; what is read from the token here only chooses which question to ask.
 */
export async function findPodIdentity(base: BaseCtx, token: string): Promise<ResolvedIdentity | null> {
  const hint = readHint(token)
  if (hint === null) return null
  const review = await base.kube.reviewToken(token, hint.forKeelson ? [keelsonAudience] : [])
  const [, namespace, serviceAccount] = serviceAccountName.exec(review?.username ?? '') ?? []
  if (!review || namespace === undefined || serviceAccount === undefined) return null
  const name = review.extra[podNameKey]?.[0]
  const uid = review.extra[podUidKey]?.[0]
  const pod = name === undefined || uid === undefined ? {} : { pod: { name, uid } }
  const actor: Actor = {
    kind: 'pod',
    username: review.username,
    groups: review.groups,
    namespace,
    serviceAccount,
    ...pod,
  }
  return { actor, key: null, expiresAt: hint.expiresAt }
}

function readHint(token: string): { forKeelson: boolean; expiresAt: Date | null } | null {
  try {
    const { aud, exp } = decodeJwt(token)
    const audiences = typeof aud === 'string' ? [aud] : (aud ?? [])
    return {
      forKeelson: audiences.includes(keelsonAudience),
      expiresAt: exp === undefined ? null : new Date(exp * 1000),
    }
  } catch {
    return null
  }
}
