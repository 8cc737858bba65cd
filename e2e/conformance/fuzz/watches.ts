/** Watches that were open during the whole run, held against each other and against a watch that begins again. */
import type { Json, WatchedEvent } from '../cluster.ts'
import { type KindName, kindNames } from './kinds.ts'
import { normalise } from './normalise.ts'
import { isFarewell, isForeign, pathOf, type Side, withQuery } from './side.ts'
import type { Step } from './steps.ts'

export type Difference = { step: Step | { watch: string }; index: number; left: unknown; right: unknown }
export type LiveWatches = { events(side: number, kind: KindName): WatchedEvent[]; stop(): void }

export const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
const own = (events: readonly WatchedEvent[]) =>
  events.filter((event) => !isForeign(event.object) && !isFarewell(event))

/** One watch a kind and side, from the version at which the run begins. */
export async function openWatches(sides: readonly Side[]): Promise<LiveWatches> {
  const seen = sides.map(() => new Map<KindName, WatchedEvent[]>(kindNames.map((kind) => [kind, []])))
  const opened = sides.flatMap(({ cluster, namespace, first }, index) =>
    kindNames.map((kind) => {
      const path = withQuery(pathOf(namespace, kind), `watch=true&timeoutSeconds=3600&resourceVersion=${first}`)
      return cluster.follow(path, (event) => seen[index]?.get(kind)?.push(event))
    }),
  )
  const watches = await Promise.all(opened)
  return {
    events: (side, kind) => own(seen[side]?.get(kind) ?? []),
    stop: () => {
      for (const watch of watches) watch.close()
    },
  }
}

/** Versions only go up, and no event is another's copy. */
function disorder(events: readonly WatchedEvent[]): string[] {
  return events.slice(1).flatMap((event, index) => {
    const [before, now] = [events[index], event].map((each) => BigInt(each?.object.metadata.resourceVersion ?? 0))
    return (before ?? 0n) < (now ?? 0n) ? [] : [`version ${now} comes after ${before}`]
  })
}

export async function compareWatches(sides: readonly Side[], live: LiveWatches): Promise<Difference[]> {
  return (await Promise.all(kindNames.map((kind) => compareKind(sides, live, kind)))).flat()
}

async function compareKind(sides: readonly Side[], live: LiveWatches, kind: KindName): Promise<Difference[]> {
  const replayed = await Promise.all(
    sides.map(async ({ cluster, namespace, first }) => {
      const query = `watch=true&timeoutSeconds=1&resourceVersion=${first}`
      return own(await cluster.watch(withQuery(pathOf(namespace, kind), query), () => false, { timeoutMs: 15_000 }))
    }),
  )
  const told = (events: readonly WatchedEvent[] | undefined): Json => ({
    events: (events ?? []).map((event) => normalise(event)),
    disorder: disorder(events ?? []),
  })
  const [a, b] = replayed.map(told)
  const pairs: [string, Json, Json][] = [
    [`${kind} from the beginning`, a, b],
    [`${kind}, open all the time, on kubelite`, told(live.events(0, kind)), a],
    [`${kind}, open all the time, on the real server`, b, told(live.events(1, kind))],
  ]
  return pairs.flatMap(([watch, left, right]) =>
    same(left, right) ? [] : [{ step: { watch }, index: -1, left, right }],
  )
}
