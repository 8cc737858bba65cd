/**
 * The tRPC set-up that all procedures share. A procedure parses its input, calls one use case of `core` and returns its
 * answer; it knows no table and no Kubernetes.
 */
import type { ErrorCode } from '@keelson/contracts/errors'
import { askerOf, type ChangeFeed, type RefusalLog } from '@keelson/core/access'
import { type Ctx, refuseView } from '@keelson/core/context'
import type { Installation } from '@keelson/core/platform'
import { AppError, toAppError, toErrorBody } from '@keelson/process/app-error'
import { initTRPC, TRPCError } from '@trpc/server'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import superjson from 'superjson'
import { ZodError } from 'zod'

/** What the gateway makes for each call: `core` is null where nobody is signed in. */
export type ApiContext = {
  core: Ctx | null
  requestId: string
  /** What other processes publish; for the live stream. */
  changes: ChangeFeed
  /** The audit trail of what was refused. */
  refusals: Pick<RefusalLog, 'record'>
  installation: Installation
}

type TrpcCode = TRPCError['code']

const trpcCodeOf: Readonly<Record<ErrorCode, TrpcCode>> = {
  invalid: 'BAD_REQUEST',
  unauthenticated: 'UNAUTHORIZED',
  forbidden: 'FORBIDDEN',
  not_found: 'NOT_FOUND',
  already_exists: 'CONFLICT',
  conflict: 'CONFLICT',
  precondition: 'PRECONDITION_FAILED',
  exhausted: 'TOO_MANY_REQUESTS',
  unavailable: 'SERVICE_UNAVAILABLE',
  unimplemented: 'NOT_IMPLEMENTED',
  internal: 'INTERNAL_SERVER_ERROR',
}

/** Often enough that no proxy, and not our own server, takes the stream for dead. */
const pingMs = 15_000

const t = initTRPC.context<ApiContext>().create({
  transformer: superjson,
  sse: { ping: { enabled: true, intervalMs: pingMs }, client: { reconnectAfterInactivityMs: 3 * pingMs } },
  errorFormatter: ({ shape, error, ctx }) => {
    const app = appErrorOf(error)
    return {
      ...shape,
      message: app.message,
      data: { ...shape.data, stack: undefined, error: toErrorBody(app, ctx?.requestId) },
    }
  },
})

function appErrorOf(error: TRPCError): AppError {
  if (error.cause instanceof AppError) return error.cause
  if (error.code === 'BAD_REQUEST' && error.cause instanceof ZodError) {
    const faults = error.cause.issues.map((issue) => ({ field: issue.path.join('.'), message: issue.message }))
    return new AppError('invalid', faults.map((fault) => `${fault.field}: ${fault.message}`).join('; '), { faults })
  }
  if (error.code === 'NOT_FOUND') return new AppError('not_found', error.message)
  if (error.code === 'INTERNAL_SERVER_ERROR') return toAppError(error.cause)
  return new AppError('invalid', error.message)
}

export const router = t.router
export const mergeRouters = t.mergeRouters

/** What a change is refused for, whoever asks. */
const faultCodes: ReadonlySet<ErrorCode> = new Set(['invalid', 'already_exists', 'precondition'])

const withErrors = t.middleware(async ({ next, ctx, path, type, getRawInput }) => {
  const started = performance.now()
  const result = await next()
  if (result.ok) return result
  const app = appErrorOf(result.error)
  const fields = {
    name: path,
    kind: type,
    requestId: ctx.requestId,
    durationMs: Math.round(performance.now() - started),
    error: app,
  }
  if (app.code === 'internal' || app.code === 'unavailable') ctx.core?.log.error('procedure failed', fields)
  else ctx.core?.log.info('procedure refused', fields)
  const isFault = faultCodes.has(app.code)
  if (app.code === 'forbidden' || app.code === 'unauthenticated' || (isFault && type === 'mutation')) {
    ctx.refusals.record({
      actor: ctx.core === null ? null : askerOf(ctx.core.actor),
      ...askedFor(await getRawInput().catch(() => null)),
      what: path,
      code: app.code,
      door: 'gateway',
      isFault,
    })
  }
  return { ...result, error: new TRPCError({ code: trpcCodeOf[app.code], message: app.message, cause: app }) }
})

/** Where and on what, by the names that inputs use; read before the input was found to be one. */
function askedFor(input: unknown): { workspace: string | null; name?: string } {
  const fields = typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : {}
  const { workspace, name } = fields
  return {
    workspace: typeof workspace === 'string' ? workspace : null,
    ...(typeof name === 'string' ? { name } : {}),
  }
}

/** For anybody, signed in or not. */
export const openProcedure = t.procedure.use(withErrors)

/** For a proved identity; `ctx.core` is that actor's context. */
const provedProcedure = openProcedure.use(({ ctx, next }) => {
  if (!ctx.core) throw new AppError('unauthenticated', 'Sign in first.')
  return next({ ctx: { ...ctx, core: ctx.core } })
})

/** The same; who looks as somebody else changes nothing. */
export const procedure = provedProcedure.use(({ ctx, type, next }) => {
  if (type === 'mutation') refuseView(ctx.core.actor)
  return next()
})

/** For the one change that ends such a look. */
export const viewProcedure = provedProcedure

/** The answer to a call that was refused before it reached the router, as tRPC's clients read it. */
export function trpcFailure(error: AppError, requestId: string): unknown {
  const key = trpcCodeOf[error.code]
  const data = { code: key, httpStatus: error.httpStatus, error: toErrorBody(error, requestId) }
  return { error: superjson.serialize({ message: error.message, code: TRPC_ERROR_CODES_BY_KEY[key], data }) }
}
