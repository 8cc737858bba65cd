import type { AccessToken, CreateAccessToken } from '@keelson/contracts/access'
import { AppError } from '@keelson/process/app-error'
import { type BaseCtx, type Ctx, inTransaction, refuseView, withActor } from '../context/ctx.ts'
import { roleIn } from './allow.ts'
import { people } from './people.store.ts'
import { recordAudit } from './record-audit.ts'
import { newSecret, tokenPrefix } from './secrets.rules.ts'
import { tokens } from './tokens.store.ts'

type PersonActor = Extract<Ctx['actor'], { kind: 'person' }>
const maxActiveTokens = 100

/** A token never makes another one: a narrowed or leaked one would outlive itself. */
function signedIn(ctx: Ctx): PersonActor {
  if (ctx.actor.kind !== 'person' || ctx.actor.via !== 'session') {
    throw new AppError(
      'forbidden',
      'Access tokens are managed by a person who signed in, in the dashboard under Settings.',
    )
  }
  refuseView(ctx.actor)
  return ctx.actor
}

/** The actor's own tokens that still work. */
export async function listTokens(ctx: Ctx): Promise<AccessToken[]> {
  return tokens.listActive(ctx.db, signedIn(ctx).userId, ctx.clock.now())
}

export async function createToken(ctx: Ctx, input: CreateAccessToken): Promise<{ token: AccessToken; secret: string }> {
  const actor = signedIn(ctx)
  if (input.workspace !== null && roleIn(ctx, input.workspace) === null) {
    throw new AppError('forbidden', `You have no role in workspace ${input.workspace}.`)
  }
  return issue(ctx, actor, input)
}

function issue(
  ctx: Ctx,
  actor: PersonActor,
  input: CreateAccessToken,
): Promise<{ token: AccessToken; secret: string }> {
  const secret = newSecret(tokenPrefix)
  return inTransaction(ctx, async (tx) => {
    const createdAt = ctx.clock.now()
    if ((await tokens.listActive(tx.db, actor.userId, createdAt)).length >= maxActiveTokens) {
      throw new AppError('exhausted', `You have ${maxActiveTokens} access tokens already; revoke one first.`)
    }
    const expiresAt = new Date(createdAt.getTime() + input.ttlMs)
    const { name, workspace } = input
    const token = await tokens.create(tx.db, { secret, personId: actor.userId, name, workspace, createdAt, expiresAt })
    await recordAudit(tx, {
      workspace,
      action: 'tokens.create',
      subject: `token/${token.id}`,
      after: { name, workspace, expiresAt },
    })
    return { token, secret }
  })
}

/** Ends a token everywhere at once. */
export async function revokeToken(ctx: Ctx, id: string): Promise<void> {
  const actor = signedIn(ctx)
  const isUuid = /^[0-9a-f-]{36}$/i.test(id)
  await inTransaction(ctx, async (tx) => {
    const revoked = isUuid ? await tokens.revoke(tx.db, actor.userId, id, ctx.clock.now()) : null
    if (revoked === null) throw new AppError('not_found', 'You have no such access token.')
    const { name, workspace } = revoked
    await recordAudit(tx, { workspace, action: 'tokens.revoke', subject: `token/${id}`, before: { name, workspace } })
    await tx.db.publish({ workspace: null, topic: 'access', id: `token:${id}` })
  })
}

export type MintToken = {
  issuer: string
  subject: string
  username: string
  name: string
  groups: string[]
  token: CreateAccessToken
}

/**
 * A token for one of the embedded provider's people, for scripts on the same machine. The gateway offers it on its internal
 * address only, and only while the embedded provider is on.
 */
export async function mintToken(base: BaseCtx, input: MintToken): Promise<{ token: AccessToken; secret: string }> {
  const { token, ...claims } = input
  const person = await people.pin(base.db, { ...claims, email: claims.username }, base.clock.now())
  const actor: PersonActor = {
    kind: 'person',
    username: person.username,
    groups: person.groups,
    userId: person.id,
    via: 'session',
  }
  return issue(withActor(base, actor), actor, token)
}
