/** How people come to a workspace: the installation's setting, their requests, and what operators say to them. */
import {
  type DecideRequest,
  type Registration,
  RegistrationSettings,
  type RequestWorkspace,
  type WorkspaceRequest,
} from '@keelson/contracts/workspaces'
import { resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { allowOperator, isAdmin, recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import { settings } from '../platform/index.ts'
import { nameHistory } from './name-history.store.ts'
import { newProfile } from './profile.rules.ts'
import { requests } from './request.store.ts'
import { nameFault, nameTaken, suggestedNames } from './workspace.rules.ts'

const settingKey = 'registration'
/** Where nobody has set anything: everybody makes their own workspace, without a limit. */
const untouched: RegistrationSettings = { mode: 'self-service', defaultQuota: {} }

export async function readRegistration(ctx: Pick<Ctx, 'db'>): Promise<RegistrationSettings> {
  const parsed = RegistrationSettings.safeParse(await settings.find(ctx.db, settingKey))
  return parsed.success ? parsed.data : untouched
}

export async function setRegistration(ctx: Ctx, input: RegistrationSettings): Promise<RegistrationSettings> {
  await allowOperator(ctx)
  await inTransaction(ctx, async (tx) => {
    const before = await readRegistration(tx)
    await settings.set(tx.db, settingKey, input, ctx.clock.now())
    await recordAudit(tx, {
      workspace: null,
      action: 'registration.set',
      subject: 'registration',
      before,
      after: input,
    })
    await tx.db.publish({ workspace: null, topic: 'platform', id: null })
  })
  return input
}

/** What the actor is offered: make one, ask for one, or neither; with a name that is free. */
export async function getRegistration(ctx: Ctx): Promise<Registration> {
  const { mode, defaultQuota } = await readRegistration(ctx)
  const request = await requests.latestOf(ctx.db, ctx.actor.username)
  const mayCreate = mode === 'self-service' || isAdmin(ctx)
  return { mode, mayCreate, defaultQuota, request, suggestion: await freeName(ctx) }
}

/** Throws unless the setting lets the actor make a workspace by itself. Gives the quota that it then has. */
export async function allowCreating(ctx: Ctx): Promise<RegistrationSettings['defaultQuota']> {
  const { mode, defaultQuota } = await readRegistration(ctx)
  if (mode === 'self-service') return defaultQuota
  if (isAdmin(ctx)) {
    await allowOperator(ctx)
    return defaultQuota
  }
  throw new AppError(
    'forbidden',
    mode === 'request'
      ? 'Workspaces are given on request here: ask for one under New workspace.'
      : 'Only operators make workspaces here. Ask one of them, or an owner of an existing one to add you.',
  )
}

export async function requestWorkspace(ctx: Ctx, input: RequestWorkspace): Promise<WorkspaceRequest> {
  const { actor } = ctx
  if (actor.kind !== 'person') throw new AppError('forbidden', 'Only people ask for workspaces.')
  const { mode } = await readRegistration(ctx)
  if (mode !== 'request') throw new AppError('precondition', 'Workspaces are not given on request here.')
  const fault = nameFault(input.name)
  if (fault !== null) throw new AppError('invalid', fault, { faults: [{ field: 'name', message: fault }] })
  return inTransaction(ctx, async (tx) => {
    await requests.lockName(tx.db, input.name)
    const latest = await requests.latestOf(tx.db, actor.username)
    if (latest?.state === 'pending')
      throw new AppError('already_exists', `You have asked for ${latest.name} already. Withdraw that request first.`)
    if (await isTaken(tx, input.name)) throw nameTaken(input.name)
    const made = await requests.create(tx.db, {
      ...input,
      requestedBy: actor.username,
      createdAt: ctx.clock.now(),
    })
    await recordAudit(tx, {
      workspace: null,
      action: 'workspaces.request',
      subject: `workspace/${input.name}`,
      after: { note: input.note },
    })
    await tx.db.publish({ workspace: null, topic: 'platform', id: null })
    return made
  })
}

/** The one who asked takes the wish back. */
export async function withdrawRequest(ctx: Ctx, input: { id: string }): Promise<void> {
  const request = await requests.find(ctx.db, input.id)
  if (request === null || request.requestedBy !== ctx.actor.username)
    throw new AppError('not_found', 'You have no such request.')
  await inTransaction(ctx, async (tx) => {
    await close(tx, request, 'withdrawn', null)
    await recordAudit(tx, { workspace: null, action: 'workspaces.withdraw', subject: `workspace/${request.name}` })
    await tx.db.publish({ workspace: null, topic: 'platform', id: null })
  })
}

export async function listRequests(ctx: Ctx): Promise<WorkspaceRequest[]> {
  await allowOperator(ctx)
  return requests.list(ctx.db)
}

/** An operator approves, which makes the workspace for the one who asked and no other, or refuses with a reason. */
export async function decideRequest(ctx: Ctx, input: DecideRequest): Promise<WorkspaceRequest> {
  await allowOperator(ctx)
  const request = await requests.find(ctx.db, input.id)
  if (request === null) throw new AppError('not_found', 'There is no such request.')
  const approves = input.decision === 'approve'
  const { defaultQuota } = await readRegistration(ctx)
  await inTransaction(ctx, async (tx) => {
    await close(tx, request, approves ? 'approved' : 'refused', input.reason || null)
    await recordAudit(tx, {
      workspace: null,
      action: approves ? 'workspaces.approve' : 'workspaces.refuse',
      subject: `workspace/${request.name}`,
      after: { owner: request.requestedBy, reason: input.reason },
    })
    await tx.db.publish({ workspace: null, topic: 'platform', id: null })
    if (!approves) return
    // Last, and as the operator: where the cluster refuses, nothing was decided.
    const owner = { kind: 'User', name: request.requestedBy }
    await asActor(tx)
      .create(resources.profiles, newProfile(request.name, owner, defaultQuota))
      .catch((error) => {
        throw error instanceof AppError && error.code === 'already_exists' ? nameTaken(request.name) : error
      })
  })
  return (await requests.find(ctx.db, input.id)) ?? request
}

async function close(
  tx: Ctx,
  request: WorkspaceRequest,
  state: 'approved' | 'refused' | 'withdrawn',
  reason: string | null,
): Promise<void> {
  const decidedBy = tx.actor.username
  if (await requests.decide(tx.db, request.id, { state, decidedBy, decidedAt: tx.clock.now(), reason })) return
  throw new AppError('conflict', `The request for ${request.name} was decided in the meantime.`)
}

async function isTaken(ctx: Ctx, name: string): Promise<boolean> {
  if (await ctx.kube.find(resources.namespaces, { name })) return true
  if (await nameHistory.isOfAnother(ctx.db, name, ctx.actor.username)) return true
  return requests.isAskedFor(ctx.db, name)
}

/** A name from the actor's own that nobody has: bob@a and bob@b do not share one. */
async function freeName(ctx: Ctx): Promise<string> {
  for (const name of suggestedNames(ctx.actor.username)) {
    if (nameFault(name) === null && !(await isTaken(ctx, name))) return name
  }
  return ''
}
