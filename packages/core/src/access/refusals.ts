/**
 * The audit trail of what was refused: who asked for what, where, and how often. A refusal costs whoever makes it nothing, so this must
 * cost little too: the first of a kind is written at once, its repeats within a while become one row with their number, and each
 * caller has a budget of rows, beyond which only their number is kept. An attacker fills neither the database nor the memory.
 */
import type { Actor } from '@keelson/contracts/access'
import type { BaseCtx } from '../context/ctx.ts'
import { recordAudit } from './record-audit.ts'

/** Who may not, or proved to be nobody. */
export const refusalAction = 'access.refused'
/** Whose request was at fault in itself: malformed, too large, about two places at once. Mistakes are among these, so only operators see them. */
export const faultAction = 'request.refused'
/** Who asked without proving to be anybody. */
export const nobody = 'anonymous'

export type Refusal = {
  /** A user name of the cluster; null = nobody proved to be anyone. */
  actor: string | null
  /** Where, as it was asked for; what no workspace can be called is kept out. */
  workspace: string | null
  /** What was asked, bounded in kind: `jobs.submit`, `mlflow POST`, `create rolebindings`. */
  what: string
  /** The object, where one was named. */
  name?: string | undefined
  /** `forbidden`, `unauthenticated`, `invalid`, or the reason that the API server gave. */
  code: string
  /** The door: `gateway` or `kubernetes`. */
  door: 'gateway' | 'kubernetes'
  /** The request was at fault, whoever had sent it. */
  isFault?: boolean
}

/** Who is on record for what an actor asked: the operator, where one only looks as somebody. */
export function askerOf(actor: Actor): string {
  return actor.kind === 'person' && actor.view !== undefined ? actor.view.by : actor.username
}

export type RefusalLog = {
  /** Never throws, never waits. */
  record(refusal: Refusal): void
  /** Writes what is counted and not yet written, and waits for all writes so far. */
  flush(): Promise<void>
  stop(): Promise<void>
}

/**
 * Repeats of the same refusal within `windowMs` are one row. A caller may cause `burst` rows at once, and then one more each
 * `refillMs`: enough that a walk through everything there is to ask is on record call by call. Nobody is one caller for all the world:
 * it has more, and repeats are one for longer.
 */
const limits = {
  known: { windowMs: 60_000, burst: 400, refillMs: 60_000 },
  nobody: { windowMs: 600_000, burst: 1_000, refillMs: 6_000 },
} as const
type Limits = (typeof limits)['known' | 'nobody']
const limitsOf = (actor: string): Limits => (actor === nobody ? limits.nobody : limits.known)
/** So many objects of one kind have rows of their own within the window; a longer list of guesses is counted. */
const maxNames = 16
/** What was refused is kept as long as this; changes are kept for good. */
const keepDays = 90
const pruneEveryMs = 24 * 3_600_000
const maxCallers = 10_000
const tickMs = 10_000
const workspaceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

type Counted = { refusal: Refusal; count: number; since: Date; until: number }
type Caller = {
  limits: Limits
  budget: number
  refilledAt: number
  kinds: Map<string, Counted>
  beyond: Counted | null
}

export function openRefusalLog(base: Pick<BaseCtx, 'clock' | 'db' | 'log'>): RefusalLog {
  const callers = new Map<string, Caller>()
  let writes: Promise<void> = Promise.resolve()
  const now = () => base.clock.now().getTime()

  const callerOf = (name: string): Caller => {
    const known = callers.get(name)
    if (known) return known
    if (callers.size >= maxCallers && name !== nobody) return callerOf(nobody)
    const made: Caller = {
      limits: limitsOf(name),
      budget: limitsOf(name).burst,
      refilledAt: now(),
      kinds: new Map(),
      beyond: null,
    }
    callers.set(name, made)
    return made
  }
  const pay = (caller: Caller): boolean => {
    const { burst, refillMs } = caller.limits
    const earned = Math.floor((now() - caller.refilledAt) / refillMs)
    if (earned > 0) {
      caller.budget = Math.min(burst, caller.budget + earned)
      caller.refilledAt += earned * refillMs
    }
    if (caller.budget === 0) return false
    caller.budget -= 1
    return true
  }
  const write = ({ refusal, since }: Counted, count: number) => {
    writes = writes
      .then(() => keep(base, refusal, since, count))
      .catch((error) => base.log.warn('a refusal could not be written', { actor: refusal.actor ?? nobody, error }))
  }
  const settle = (name: string, caller: Caller, all: boolean) => {
    for (const [key, counted] of caller.kinds) {
      if (!all && counted.until > now()) continue
      if (counted.count > 0 && !(all || pay(caller))) continue
      if (counted.count > 0) write(counted, counted.count)
      caller.kinds.delete(key)
    }
    if (caller.beyond !== null && (all || pay(caller))) {
      write(caller.beyond, caller.beyond.count)
      caller.beyond = null
    }
    const isRested = caller.kinds.size === 0 && caller.beyond === null
    if (isRested && now() - caller.refilledAt >= caller.limits.burst * caller.limits.refillMs) callers.delete(name)
  }
  let prunedAt = now()
  const timer = setInterval(() => {
    if (now() - prunedAt >= pruneEveryMs) {
      prunedAt = now()
      prune(base).catch((error) => base.log.warn('old refusals could not be removed', { error }))
    }
    for (const [name, caller] of callers) settle(name, caller, false)
  }, tickMs)
  timer.unref()
  const flush = () => {
    for (const [name, caller] of callers) settle(name, caller, true)
    return writes
  }
  return {
    record: (given) => {
      const refusal = bounded(given)
      const caller = callerOf(refusal.actor ?? nobody)
      const { key, named } = placeOf(caller, refusal)
      const known = caller.kinds.get(key)
      if (known !== undefined) {
        known.count += 1
        return
      }
      const since = base.clock.now()
      if (pay(caller)) {
        const counted = {
          refusal: named ? refusal : nameless(refusal),
          count: 0,
          since,
          until: since.getTime() + caller.limits.windowMs,
        }
        caller.kinds.set(key, counted)
        write(counted, 1)
        return
      }
      caller.beyond ??= { refusal: { ...nameless(refusal), what: 'many kinds' }, count: 0, since, until: 0 }
      caller.beyond.count += 1
    },
    flush,
    stop: async () => {
      clearInterval(timer)
      await flush()
    },
  }
}

/** The row that a refusal counts for: its own object's, or, where very many are named, that of the kind. */
function placeOf({ kinds }: Caller, refusal: Refusal): { key: string; named: boolean } {
  const { workspace, what, code, door, name = '' } = refusal
  const kind = `${[workspace, what, code, door].join('\n')}\n`
  const own = `${kind}${name}`
  if (kinds.has(own)) return { key: own, named: true }
  let names = 0
  for (const key of kinds.keys()) if (key.startsWith(kind)) names += 1
  return names < maxNames ? { key: own, named: true } : { key: kind, named: false }
}

function nameless({ name: _, ...refusal }: Refusal): Refusal {
  return refusal
}

async function prune({ db, clock }: Pick<BaseCtx, 'clock' | 'db'>): Promise<void> {
  const oldest = new Date(clock.now().getTime() - keepDays * 24 * 3_600_000).toISOString()
  await db.query(
    'delete from audit_event where action in ($1, $2) and at < $3::timestamptz returning id',
    refusalAction,
    faultAction,
    oldest,
  )
}

/** What an attacker chose is kept short and plain. */
function bounded(refusal: Refusal): Refusal {
  const { workspace, name } = refusal
  return {
    ...refusal,
    actor: refusal.actor === null ? null : plain(refusal.actor, 253),
    workspace: workspace !== null && workspaceName.test(workspace) ? workspace : null,
    what: plain(refusal.what, 120),
    ...(name === undefined ? {} : { name: plain(name, 253) }),
    code: plain(refusal.code, 60),
  }
}

function plain(text: string, length: number): string {
  return text.slice(0, length).replace(/[^\x20-\x7e]/g, '\uFFFD')
}

function keep(base: Pick<BaseCtx, 'clock' | 'db'>, refusal: Refusal, since: Date, count: number): Promise<void> {
  const { actor, workspace, what, name, code, door, isFault = false } = refusal
  return recordAudit(
    { clock: base.clock, db: base.db, actor: { kind: 'platform', username: actor ?? nobody, groups: [] } },
    {
      workspace,
      action: isFault ? faultAction : refusalAction,
      subject: name === undefined ? what : `${what}/${name}`,
      after: { code, door, count, since: since.toISOString() },
    },
  )
}
