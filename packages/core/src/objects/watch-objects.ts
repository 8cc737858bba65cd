import type { WatchObjects } from '@keelson/contracts/objects'
import { asActor, type Ctx } from '../context/index.ts'
import { findKind, placeOf } from './find-kind.ts'

/** Changes that come close together are told once. */
const gatherMs = 500

/**
 * Says that something changed, of one object or of all of a kind, until `signal` aborts; once at the start, for what changed while
 * nobody watched. The cluster decides, as the person, whether they
 * may watch. The number only counts: whoever hears it asks again with their own rights.
 */
export async function* watchObjects(
  ctx: Ctx,
  input: WatchObjects,
  signal: AbortSignal,
): AsyncGenerator<number, void, void> {
  const { workspace, name } = input
  const api = asActor(ctx)
  const kind = await findKind(api, workspace, input)
  const changes = api.watch(kind, { ...placeOf(kind, workspace), ...(name === undefined ? {} : { name }) }, signal)
  let count = 0
  let told = 0
  let wake = () => {}
  let end: { error?: unknown } | null = null
  const reading = (async () => {
    for await (const _ of changes) {
      count += 1
      wake()
    }
  })().then(
    () => {
      end = {}
      wake()
    },
    (error) => {
      end = { error }
      wake()
    },
  )
  while (end === null || count > told) {
    if (count === told) {
      await new Promise<void>((resolve) => {
        wake = resolve
        if (count > told || end !== null) resolve()
      })
      continue
    }
    await ctx.clock.sleep(gatherMs, signal)
    told = count
    yield told
  }
  await reading
  const { error } = end as { error?: unknown }
  if (error !== undefined) throw error
}
