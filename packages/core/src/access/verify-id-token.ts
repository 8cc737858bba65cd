import { AppError } from '@keelson/process/app-error'
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { type IdentityRules, type PersonClaims, personFromClaims } from './person.rules.ts'

export type IdTokenVerifier = { verify(idToken: string): Promise<PersonClaims> }

export type IdTokenVerifierOptions = IdentityRules & {
  /** As the provider writes it in `iss`. */
  issuer: string
  clientId: string
}

/** Asymmetric signatures only: an HMAC with a public key as its secret, or `none`, proves nothing. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
const clockToleranceSeconds = 60
const discoveryTimeoutMs = 5_000

/**
 * Checks an OIDC ID token by itself (OpenID Connect Core 1.0 §3.1.3.7: signature, iss, aud, azp, exp), with the keys that the issuer
 * publishes. The nonce is checked by whoever began the sign-in.
 */
export function createIdTokenVerifier(options: IdTokenVerifierOptions): IdTokenVerifier {
  let keys: JWTVerifyGetKey | null = null
  return {
    verify: async (idToken) => {
      keys ??= await discoverKeys(options.issuer)
      const { payload } = await jwtVerify(idToken, keys, {
        issuer: options.issuer,
        audience: options.clientId,
        algorithms,
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['exp', 'iat', 'sub'],
      }).catch((cause) => {
        throw asAppError(cause)
      })
      if (payload.azp !== undefined && payload.azp !== options.clientId) {
        throw new AppError('unauthenticated', 'The identity provider made this token for another application.')
      }
      return personFromClaims(payload, options)
    },
  }
}

function asAppError(cause: unknown): AppError {
  const unreachable = cause instanceof errors.JWKSTimeout || !(cause instanceof errors.JOSEError)
  if (unreachable) return new AppError('unavailable', 'The identity provider does not answer.', { cause })
  return new AppError('unauthenticated', 'The identity provider’s token is not valid here.', { cause })
}

/** OpenID Connect Discovery 1.0 §4: the document must name the very issuer that was asked. */
async function discoverKeys(issuer: string): Promise<JWTVerifyGetKey> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(discoveryTimeoutMs), redirect: 'error' })
    if (!response.ok) throw new Error(`${address} answered ${response.status}`)
    const document = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown }
    if (document.issuer !== issuer || typeof document.jwks_uri !== 'string')
      throw new Error(`${address} is not for this issuer`)
    return createRemoteJWKSet(new URL(document.jwks_uri), {
      timeoutDuration: discoveryTimeoutMs,
      cooldownDuration: 5_000,
    })
  } catch (cause) {
    throw new AppError('unavailable', 'The identity provider does not answer.', { cause })
  }
}
