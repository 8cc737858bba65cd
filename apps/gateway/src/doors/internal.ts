/**
 * What the web server, the API server and the launcher ask the gateway. Proved by the installation's internal secret, which no browser
 * has; a request that a browser made is refused even with it.
 */

import { CreateAccessToken } from '@keelson/contracts/access'
import {
  endSession,
  type IdentityResolver,
  type IdTokenVerifier,
  mintToken,
  openSession,
  type RefusalLog,
  reviewToken,
  sameSecret,
} from '@keelson/core/access'
import { AppError } from '@keelson/process/app-error'
import { sendJson } from '@keelson/process/http-body'
import { z } from 'zod'
import type { FrontCall, FrontRoute } from '../front/route.ts'
import { AuditEvents, refusalsIn } from './cluster-audit.ts'

export type FindPerson = (
  email: string,
) => Promise<{ subject: string; username: string; name: string; groups: string[] } | null>

export type InternalOptions = {
  secret: string
  issuer: string
  verifier: IdTokenVerifier
  identities: IdentityResolver
  refusals: RefusalLog
  /** The embedded provider's people; null where it is off. */
  findPerson: FindPerson | null
}

const OpenSession = z.object({ idToken: z.string().min(1).max(65_536) })
const EndSession = z.object({ session: z.string().min(1).max(1024) })
const MintToken = z.object({
  email: z.string().min(1).max(320),
  name: CreateAccessToken.shape.name.default('command line'),
  workspace: CreateAccessToken.shape.workspace,
  ttlMs: CreateAccessToken.shape.ttlMs,
})
const TokenReview = z.object({
  apiVersion: z.literal('authentication.k8s.io/v1'),
  kind: z.literal('TokenReview'),
  spec: z.object({ token: z.string(), audiences: z.array(z.string()).optional() }),
})

/** As an API server sends at most by default (`--audit-webhook-batch-max-size`), with room. */
const maxAuditBytes = 10 * 1024 * 1024

export function internalRoutes(options: InternalOptions): FrontRoute[] {
  const shared = { name: 'internal', identity: 'none', anyHost: true, maxBodyBytes: 128 * 1024 } as const
  const proved = (handle: FrontRoute['handle']): FrontRoute['handle'] => {
    return async (call) => {
      prove(call, options.secret)
      await handle(call)
    }
  }
  return [
    { ...shared, pattern: '/internal/sessions', handle: proved((call) => answerSession(options, call)) },
    { ...shared, pattern: '/internal/tokenreview', handle: proved((call) => answerTokenReview(options, call)) },
    {
      ...shared,
      pattern: '/internal/audit',
      maxBodyBytes: maxAuditBytes,
      handle: proved((call) => answerAudit(options, call)),
    },
    { ...shared, pattern: '/internal/tokens', handle: proved((call) => answerMint(options, call)) },
  ]
}

function prove({ request }: FrontCall, secret: string): void {
  const given = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
  const isBrowser = request.headers.origin !== undefined || request.headers['sec-fetch-mode'] === 'navigate'
  // Said as for any unknown address: nothing here is anybody's who has no secret.
  if (!sameSecret(given, secret) || isBrowser) throw new AppError('not_found', 'There is nothing at this address.')
}

async function answerSession(options: InternalOptions, call: FrontCall): Promise<void> {
  if (call.request.method === 'DELETE') {
    await endSession(call.base, (await parse(call, EndSession)).session)
    return sendJson(call.response, 200, {})
  }
  onlyPost(call)
  const claims = await options.verifier.verify((await parse(call, OpenSession)).idToken)
  const { secret, username, expiresAt } = await openSession(call.base, claims)
  call.note({ actor: username })
  sendJson(call.response, 201, { session: secret, username, expiresAt: expiresAt.toISOString() })
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication */
async function answerTokenReview(options: InternalOptions, call: FrontCall): Promise<void> {
  onlyPost(call)
  const { apiVersion, kind, spec } = await parse(call, TokenReview)
  const answer = await reviewToken(options.identities, spec.token)
  const status = answer.authenticated
    ? { authenticated: true, user: { username: answer.username, uid: answer.uid, groups: answer.groups } }
    : { authenticated: false, error: answer.error }
  sendJson(call.response, 200, { apiVersion, kind, status })
}

/** https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/#webhook-backend: what the API server itself refused. */
async function answerAudit(options: InternalOptions, call: FrontCall): Promise<void> {
  onlyPost(call)
  for (const refusal of refusalsIn(await parse(call, AuditEvents))) options.refusals.record(refusal)
  sendJson(call.response, 200, {})
}

async function answerMint(options: InternalOptions, call: FrontCall): Promise<void> {
  onlyPost(call)
  if (options.findPerson === null) {
    throw new AppError(
      'precondition',
      'The embedded identity provider is off: make a token in the dashboard, under Settings.',
    )
  }
  const { email, ...token } = await parse(call, MintToken)
  const person = await options.findPerson(email.trim().toLowerCase())
  if (person === null)
    throw new AppError('not_found', `${email} is none of the embedded provider's people (people.yaml).`)
  const made = await mintToken(call.base, { issuer: options.issuer, ...person, token })
  call.note({ actor: person.username })
  sendJson(call.response, 201, made)
}

function onlyPost({ request }: FrontCall): void {
  if (request.method !== 'POST') throw new AppError('invalid', 'Only POST is taken here.')
}

async function parse<T extends z.ZodType>(call: FrontCall, schema: T): Promise<z.infer<T>> {
  let body: unknown
  try {
    body = JSON.parse((await call.readBody()).toString('utf8'))
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('invalid', 'The body is not JSON.', { cause })
  }
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map((issue) => ({ field: issue.path.join('.'), message: issue.message }))
  throw new AppError('invalid', faults.map((fault) => `${fault.field}: ${fault.message}`).join('; '), { faults })
}
