import { createHash, randomBytes } from 'node:crypto'
import { type Ctx, inTransaction } from '../context/index.ts'
import {
  deleteUnconfirmed,
  deleteUnconfirmedBefore,
  insertUnconfirmed,
  listUnconfirmed,
} from './unconfirmed-call.store.ts'

/** How long a repeat of a call whose answer was not delivered is the same call. */
const repeatWithinMs = 10 * 60_000
const suffixBytes = 8

/** A create call as it came: what makes two calls the same. */
export type CreateCall = { method: string; path: string; body: Buffer }

/** The connection that waits for an answer. */
export type Delivery = {
  /** True when the caller has gone without having received the whole answer. */
  readonly lost: boolean
}

type Open = { delivery: Delivery; done: Promise<unknown> }

/**
 * Makes repeated creates one. Clients repeat a POST whose answer they did not get, though it may have been carried out. So
 * the answer of a create is kept in its own transaction until it has been delivered; the same call of the same actor is
 * then answered with it, within ten minutes. A call whose answer was delivered leaves nothing: repeating it on purpose
 * makes a second object. Equal calls on connections that are both alive are two calls.
 *
 * One per process, because only the process that holds a connection knows whether it lives. A repeat that reaches another
 * process while the first call is still being carried out is the one case that makes two.
 */
export function createCallMemory() {
  const open = new Map<string, Set<Open>>()
  /** Kept answers whose connection is alive: on their way, not lost. */
  const onTheWay = new Map<string, Delivery>()

  return {
    /** Carries out the create, or gives the answer that it had. `confirm` is to be called once that answer was delivered. */
    async run<T>(
      ctx: Ctx,
      call: CreateCall,
      delivery: Delivery,
      work: (tx: Ctx) => Promise<T>,
    ): Promise<{ answer: T; repeated: boolean; confirm(): Promise<void> }> {
      const hash = hashOf(ctx, call)
      const name = hash.toString('hex')
      await settleLost(open.get(name))
      const kept = await findLost(ctx, hash, onTheWay)
      if (kept !== null) {
        onTheWay.set(kept.key, delivery)
        return { answer: kept.answer as T, repeated: true, confirm: () => forget(ctx, kept.key, onTheWay) }
      }
      const key = Buffer.concat([hash, randomBytes(suffixBytes)])
      const made = inTransaction(ctx, async (tx) => {
        const answer = await work(tx)
        await insertUnconfirmed(tx.db, { key, actor: ctx.actor.username, answer, at: ctx.clock.now() })
        return answer
      })
      onTheWay.set(key.toString('hex'), delivery)
      const entry: Open = { delivery, done: made.catch(() => {}) }
      const entries = open.get(name) ?? new Set()
      open.set(name, entries.add(entry))
      try {
        return { answer: await made, repeated: false, confirm: () => forget(ctx, key.toString('hex'), onTheWay) }
      } catch (error) {
        onTheWay.delete(key.toString('hex'))
        throw error
      } finally {
        entries.delete(entry)
        if (entries.size === 0) open.delete(name)
      }
    },
    /** Drops what nobody asked for again. Call it now and then. */
    async sweep(ctx: Pick<Ctx, 'db' | 'clock'>): Promise<void> {
      for (const [key, delivery] of onTheWay) if (delivery.lost) onTheWay.delete(key)
      await deleteUnconfirmedBefore(ctx.db, new Date(ctx.clock.now().getTime() - repeatWithinMs))
    },
  }
}

export type CallMemory = ReturnType<typeof createCallMemory>

function hashOf(ctx: Ctx, call: CreateCall): Buffer {
  // Two pods of one ServiceAccount are two callers: the retry of a job is not the repeat of a call.
  const pod = ctx.actor.kind === 'pod' ? (ctx.actor.pod?.uid ?? null) : null
  return createHash('sha256')
    .update(JSON.stringify([ctx.actor.username, pod, call.method, call.path]))
    .update('\n')
    .update(call.body)
    .digest()
}

/** Waits for equal calls whose caller has gone: this one is probably their repeat. */
async function settleLost(entries: ReadonlySet<Open> | undefined): Promise<void> {
  for (const entry of [...(entries ?? [])]) if (entry.delivery.lost) await entry.done
}

async function findLost(
  ctx: Ctx,
  hash: Buffer,
  onTheWay: ReadonlyMap<string, Delivery>,
): Promise<{ key: string; answer: unknown } | null> {
  const after = new Date(ctx.clock.now().getTime() - repeatWithinMs)
  for (const kept of await listUnconfirmed(ctx.db, hash, after)) {
    const delivery = onTheWay.get(kept.key)
    if (delivery === undefined || delivery.lost) return kept
  }
  return null
}

async function forget(ctx: Ctx, key: string, onTheWay: Map<string, Delivery>): Promise<void> {
  await deleteUnconfirmed(ctx.db, key)
  onTheWay.delete(key)
}
