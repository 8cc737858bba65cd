/** Runs steps on two servers side by side and compares every answer, then what watches told of it all. */
import { randomBytes } from 'node:crypto'
import { eventually } from '@keelson/testing'
import type { Cluster } from '../cluster.ts'
import { crd, crdName, kindNames, kinds } from './kinds.ts'
import { sameAnswers, seenOf } from './normalise.ts'
import { Side } from './side.ts'
import type { Step } from './steps.ts'
import { compareWatches, type Difference, type LiveWatches, openWatches, same } from './watches.ts'

export type { Difference } from './watches.ts'
export type Pair = readonly [Cluster, Cluster]

/** The kind of its own, on both. With `collector`, until the garbage collectors know it, which takes a real one half a minute. */
export async function prepare(clusters: readonly Cluster[], options: { collector: boolean }): Promise<void> {
  await Promise.all(
    clusters.map(async (cluster) => {
      const made = await cluster.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd)
      if (made.status !== 201) throw new Error(`the kind of its own was refused: ${JSON.stringify(made.body)}`)
      const path = '/apis/fuzz.example.dev/v1/namespaces/default/fuzzes'
      const name = `canary-${randomBytes(3).toString('hex')}`
      await eventually(async () => (await cluster.post(path, { ...kinds.fuzzes, metadata: { name } })).status === 201, {
        timeoutMs: 20_000,
      })
      await cluster.del(`${path}/${name}`, options.collector ? { propagationPolicy: 'Foreground' } : {})
      await eventually(async () => (await cluster.get(`${path}/${name}`)).status === 404, { timeoutMs: 90_000 })
    }),
  )
}

export async function cleanUp(clusters: readonly Cluster[]): Promise<void> {
  for (const cluster of clusters)
    await cluster.del(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crdName}`)
}

/**
 * The first difference (or all of them), in a namespace of its own that is deleted afterwards. Its name is the same on both, so
 * that messages are, too.
 */
export async function compare(
  pair: Pair,
  steps: readonly Step[],
  options: { all?: boolean } = {},
): Promise<Difference[]> {
  const namespace = `fuzz-${randomBytes(4).toString('hex')}`
  const sides = await Promise.all(pair.map((cluster) => Side.open(cluster, namespace)))
  let live: LiveWatches | undefined
  try {
    live = await openWatches(sides)
    const found: Difference[] = []
    for (const [index, step] of steps.entries()) {
      const [a, b] = (await Promise.all(sides.map((side) => side.perform(step)))).map(seenOf)
      if (a === undefined || b === undefined || sameAnswers(step, a, b)) continue
      found.push({ step, index, left: a, right: b })
      if (!options.all) return found
      await Promise.all(sides.map((side) => side.forget(step)))
    }
    // After a difference the two servers hold different things, and their watches tell so.
    if (found.length === 0) found.push(...(await compareWatches(sides, live)))
    return found
  } finally {
    live?.stop()
    await Promise.all(sides.map(release))
  }
}

async function release(side: Side): Promise<void> {
  for (const kind of kindNames) await side.release(kind)
  await side.cluster.del(`/api/v1/namespaces/${side.namespace}`)
}

/**
 * Leaves out every step without which the difference is still there, in big pieces first. A step's difference is its last
 * answer's; a watch's is whatever that watch tells.
 */
export async function shrink(pair: Pair, steps: readonly Step[], difference: Difference): Promise<Step[]> {
  const { index } = difference
  const last = steps[index]
  const end = last === undefined ? [] : [last]
  const fails = async (tried: readonly Step[]) => {
    const found = await compare(pair, [...tried, ...end])
    return last === undefined ? found.some(({ step }) => same(step, difference.step)) : found[0]?.index === tried.length
  }
  let kept = last === undefined ? [...steps] : steps.slice(0, index)
  // Steps on other objects first, all at once: most have nothing to do with it.
  const related = kept.filter((step) => step.kind === last?.kind && (last.name === '' || step.name === last.name))
  if (last !== undefined && related.length < kept.length && (await fails(related))) kept = related
  for (let size = Math.max(1, Math.ceil(kept.length / 2)); ; size = Math.ceil(size / 2)) {
    for (let at = Math.max(0, kept.length - size); ; at = Math.max(0, at - size)) {
      const tried = [...kept.slice(0, at), ...kept.slice(at + size)]
      if (tried.length < kept.length && (await fails(tried))) kept = tried
      if (at === 0) break
    }
    if (size === 1) return [...kept, ...end]
  }
}
