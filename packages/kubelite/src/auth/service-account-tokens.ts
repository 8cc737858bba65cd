/** ServiceAccount tokens: ES256 JWTs with the claims of a real API server, checked against the objects they are bound to. */
import { createHash, randomUUID } from 'node:crypto'
import { exportJWK, importPKCS8, importSPKI, jwtVerify, SignJWT } from 'jose'
import type { UserInfo } from '../api/types.ts'
import { invalid, notFound } from '../status-error.ts'
import type { Store } from '../store/store.ts'
import type { KeyPair } from './key-files.ts'

export type TokenRequest = {
  audiences: readonly string[]
  expirationSeconds: number
  boundPod?: { name: string; uid: string }
}
export type ServiceAccountRef = { namespace: string; name: string }
export type VerifiedToken = { user: UserInfo; audiences: readonly string[] }
export type TokenIssuer = Awaited<ReturnType<typeof createTokenIssuer>>
type KubernetesClaim = {
  namespace: string
  serviceaccount: { name: string; uid: string }
  pod?: { name: string; uid: string }
}

/** `audience` is the API server's own, used when a request names none. */
export async function createTokenIssuer(options: {
  store: Store
  keys: KeyPair
  issuer: string
  audience: string
  now: () => Date
}) {
  const { store, keys, issuer, audience, now } = options
  const privateKey = await importPKCS8(keys.privatePem, 'ES256')
  const publicKey = await importSPKI(keys.publicPem, 'ES256', { extractable: true })
  const keyId = createHash('sha256').update(keys.publicPem).digest('base64url')

  async function issue(account: ServiceAccountRef, request: TokenRequest): Promise<{ token: string; expiresAt: Date }> {
    const found = store.get('/serviceaccounts', `${account.namespace}/${account.name}`)
    if (found === undefined) throw notFound({ group: '', plural: 'serviceaccounts' }, account.name)
    if (request.expirationSeconds < 600) {
      throw invalid('authentication.k8s.io', 'TokenRequest', '', [
        {
          field: 'spec.expirationSeconds',
          type: 'FieldValueInvalid',
          value: request.expirationSeconds,
          detail: 'may not specify a duration less than 10 minutes',
        },
      ])
    }
    const issuedAt = Math.floor(now().getTime() / 1000)
    const expires = issuedAt + request.expirationSeconds
    const claim: KubernetesClaim = {
      namespace: account.namespace,
      serviceaccount: { name: account.name, uid: found.object.metadata.uid ?? '' },
      ...(request.boundPod ? { pod: request.boundPod } : {}),
    }
    const token = await new SignJWT({ 'kubernetes.io': claim })
      .setProtectedHeader({ alg: 'ES256', kid: keyId })
      .setIssuer(issuer)
      .setSubject(`system:serviceaccount:${account.namespace}:${account.name}`)
      .setAudience(request.audiences.length > 0 ? [...request.audiences] : [audience])
      .setJti(randomUUID())
      .setIssuedAt(issuedAt)
      .setNotBefore(issuedAt)
      .setExpirationTime(expires)
      .sign(privateKey)
    return { token, expiresAt: new Date(expires * 1000) }
  }

  /** Null when the token is not one of ours, is not for any of `audiences`, has ended, or its account or pod is gone. */
  async function verify(token: string, audiences: readonly string[] = [audience]): Promise<VerifiedToken | null> {
    const checked = await jwtVerify(token, publicKey, { issuer, algorithms: ['ES256'], currentDate: now() }).catch(
      () => null,
    )
    if (checked === null) return null
    const claim = checked.payload['kubernetes.io'] as KubernetesClaim | undefined
    const own = Array.isArray(checked.payload.aud) ? checked.payload.aud : [checked.payload.aud ?? '']
    const shared = own.filter((name) => audiences.includes(name))
    if (claim === undefined || shared.length === 0) return null
    const { namespace, serviceaccount, pod } = claim
    if (
      store.get('/serviceaccounts', `${namespace}/${serviceaccount.name}`)?.object.metadata.uid !== serviceaccount.uid
    )
      return null
    if (pod !== undefined && store.get('/pods', `${namespace}/${pod.name}`)?.object.metadata.uid !== pod.uid)
      return null
    return { audiences: shared, user: userOf(claim, checked.payload.jti) }
  }

  async function jwks(): Promise<{ keys: object[] }> {
    return { keys: [{ ...(await exportJWK(publicKey)), use: 'sig', alg: 'ES256', kid: keyId }] }
  }

  return { issue, verify, jwks, issuer, audience }
}

function userOf(claim: KubernetesClaim, id: string | undefined): UserInfo {
  const { namespace, serviceaccount, pod } = claim
  return {
    username: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra: {
      ...(id ? { 'authentication.kubernetes.io/credential-id': [`JTI=${id}`] } : {}),
      ...(pod
        ? { 'authentication.kubernetes.io/pod-name': [pod.name], 'authentication.kubernetes.io/pod-uid': [pod.uid] }
        : {}),
    },
  }
}
