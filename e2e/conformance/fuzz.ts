/**
 * Random sequences of writes, lists and watches on kubelite and on a real kube-apiserver, answers compared.
 *
 *   KEELSON_TEST_KUBECONFIG=FILE pnpm fuzz -- --seed 1 --steps 200 [--all] [--replay FILE]
 *
 * It stops at the first difference, leaves out what is not needed for it, and prints the steps as lines that `--replay` reads.
 * `--all` goes on and lists every step that differs.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { withKubelite } from '@keelson/kubelite/testing'
import { withPostgres, withRealApiServer } from '@keelson/testing'
import { Cluster } from './cluster.ts'
import { cleanUp, compare, type Difference, prepare, shrink } from './fuzz/run.ts'
import { makeSteps, type Step } from './fuzz/steps.ts'

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    seed: { type: 'string', default: '1' },
    steps: { type: 'string', default: '100' },
    all: { type: 'boolean', default: false },
    replay: { type: 'string' },
  },
})
const say = (text: string) => process.stdout.write(`${text}\n`)

function show(difference: Difference): void {
  say(`step ${difference.index}: ${JSON.stringify(difference.step)}`)
  const [left, right] = [difference.left, difference.right].map((side) => JSON.stringify(side, null, 1).split('\n'))
  for (const line of left ?? []) if (!right?.includes(line)) say(`  kubelite | ${line}`)
  for (const line of right ?? []) if (!left?.includes(line)) say(`  real     | ${line}`)
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
    await prepare(pair)
    const steps = values.replay
      ? readFileSync(values.replay, 'utf8')
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as Step)
      : makeSteps(Number(values.seed), Number(values.steps))
    const found = await compare(pair, steps, values.all)
    for (const difference of found) show(difference)
    const [first] = found
    if (first !== undefined && first.index >= 0 && !values.all && !values.replay) {
      say('The steps that are needed for it:')
      for (const step of await shrink(pair, steps, first.index)) say(JSON.stringify(step))
    }
    say(`seed ${values.seed}: ${steps.length} steps, ${found.length} differ`)
    return found.length === 0 ? 0 : 1
  } finally {
    await cleanUp(pair)
    for (const cluster of pair) cluster.close()
    await kubelite.stop()
    await database.stop()
    await real.stop()
  }
}

process.exitCode = await main()
