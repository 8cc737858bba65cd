/**
 * Random sequences of writes, lists and watches on kubelite and on a real kube-apiserver, answers compared.
 *
 *   KEELSON_TEST_KUBECONFIG=FILE pnpm fuzz -- --seed 1 --seeds 1 --steps 200 [--all] [--kinds pods,roles] [--replay FILE]
 *
 * It stops at the first difference, leaves out what is not needed for it, and prints the steps as lines that `--replay` reads
 * (from a file that holds them, among others). `--all` goes on and lists every step that differs. `--seeds` runs several seeds.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { withKubelite } from '@keelson/kubelite/testing'
import { withPostgres, withRealApiServer } from '@keelson/testing'
import { Cluster } from './cluster.ts'
import type { KindName } from './fuzz/kinds.ts'
import { cleanUp, compare, type Difference, type Pair, prepare, shrink } from './fuzz/run.ts'
import { makeSteps, type Step, type StepOptions } from './fuzz/steps.ts'
import { same } from './fuzz/watches.ts'

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    seed: { type: 'string', default: '1' },
    steps: { type: 'string', default: '100' },
    all: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '1' },
    kinds: { type: 'string' },
    replay: { type: 'string' },
  },
})
const say = (text: string) => process.stdout.write(`${text}\n`)

/** Where the two answers differ; of another status what it says, which is enough. */
function show(difference: Difference): void {
  say(`step ${difference.index}: ${JSON.stringify(difference.step)}`)
  const { left, right } = difference
  const others = statusOf(left) !== statusOf(right)
  const said = (side: unknown) =>
    others ? `${statusOf(side)} ${(side as { body?: { message?: string } }).body?.message ?? ''}` : side
  for (const { path, left: ours, right: theirs } of differing(said(left), said(right), '')) {
    say(`  ${path || 'answer'}`)
    say(`    kubelite | ${JSON.stringify(ours)}`)
    say(`    real     | ${JSON.stringify(theirs)}`)
  }
}
const statusOf = (side: unknown) => (side as { status?: number }).status

type Found = { path: string; left: unknown; right: unknown }
/** The smallest parts that are not the same. */
function differing(left: unknown, right: unknown, path: string): Found[] {
  if (same(left, right)) return []
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null)
    return [{ path, left, right }]
  if (Array.isArray(left) !== Array.isArray(right) || Object.keys(left).length === 0 || Object.keys(right).length === 0)
    return [{ path, left, right }]
  const [a, b] = [left as Record<string, unknown>, right as Record<string, unknown>]
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    differing(a[key], b[key], path === '' ? key : `${path}.${key}`),
  )
}

/** Lines that hold a step; others, as the rest of an output, are passed over. */
const readSteps = (path: string): Step[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Step)

async function showShrunk(pair: Pair, steps: readonly Step[], difference: Difference): Promise<void> {
  say('The steps that are needed for it:')
  for (const step of await shrink(pair, steps, difference)) say(JSON.stringify(step))
}

const options: StepOptions = {
  collector: true,
  ...(values.kinds ? { kinds: values.kinds.split(',') as KindName[] } : {}),
}

async function main(): Promise<number> {
  const real = await withRealApiServer()
  if ('skipped' in real) {
    say(real.skipped)
    return 2
  }
  const database = await withPostgres()
  const kubelite = await withKubelite({ databaseUrl: database.url })
  const pair = [new Cluster(kubelite.kubeconfigPath, 'kubectl'), new Cluster(real.kubeconfig, 'kubectl')] as const
  try {
    await prepare(pair, { collector: true })
    let differ = 0
    const firstSeed = Number(values.seed)
    for (let seed = firstSeed; seed < firstSeed + Number(values.seeds); seed += 1) {
      const steps = values.replay ? readSteps(values.replay) : makeSteps(seed, Number(values.steps), options)
      const found = await compare(pair, steps, { all: values.all })
      for (const difference of found) show(difference)
      const [first] = found
      if (first !== undefined && !values.all && !values.replay) await showShrunk(pair, steps, first)
      say(`seed ${seed}: ${steps.length} steps, ${found.length} differ`)
      differ += found.length
    }
    return differ === 0 ? 0 : 1
  } finally {
    await cleanUp(pair)
    for (const cluster of pair) cluster.close()
    await kubelite.stop()
    await database.stop()
    await real.stop()
  }
}

process.exitCode = await main()
