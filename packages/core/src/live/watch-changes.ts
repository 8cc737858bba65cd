import type { LiveChange } from '@keelson/contracts/live'
import { AppError } from '@keelson/process/app-error'
import { type ChangeFeed, roleIn } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'

const maxWaiting = 500

/**
 * The changes that the actor may hear of, one by one, until `signal` aborts: those of `workspace` (null: of every one where it is
 * anybody) and those of the whole installation. Access is decided at the moment of each change. A slow reader gets each distinct
 * change once, and beyond {@link maxWaiting} only which topics changed.
 */
export async function* watchChanges(
  ctx: Ctx,
  feed: ChangeFeed,
  input: { workspace: string | null },
  signal: AbortSignal,
): AsyncGenerator<LiveChange, void, void> {
  if (input.workspace !== null && roleIn(ctx, input.workspace) === null) {
    throw new AppError('forbidden', `You have no role in workspace ${input.workspace}.`)
  }
  const waiting = new Map<string, LiveChange>()
  let wake = () => {}
  const unsubscribe = feed.subscribe((change) => {
    // Sessions and tokens are nobody's to hear of.
    if (change.topic === 'access') return
    if (change.workspace !== null && input.workspace !== null && change.workspace !== input.workspace) return
    const kept = waiting.size < maxWaiting ? change : { ...change, id: null }
    waiting.set(JSON.stringify([kept.workspace, kept.topic, kept.id]), kept)
    wake()
  })
  // Who loses their role in the one workspace hears no more of it, and is told so by the end of the stream.
  let isOut = false
  const unhear = ctx.access.onChange(() => {
    isOut = input.workspace !== null && ctx.access.healthy && roleIn(ctx, input.workspace) === null
    if (isOut) wake()
  })
  const onAbort = () => wake()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    while (!signal.aborted && !isOut) {
      const [first] = waiting
      if (first === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve
          if (waiting.size > 0 || signal.aborted || isOut) resolve()
        })
        continue
      }
      waiting.delete(first[0])
      if (first[1].workspace === null || roleIn(ctx, first[1].workspace) !== null) yield first[1]
    }
  } finally {
    unsubscribe()
    unhear()
    signal.removeEventListener('abort', onAbort)
  }
}
