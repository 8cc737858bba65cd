/**
 * A short run of the fuzzer with fixed seeds, on the real server of the suite and a kubelite of its own: both answer the same
 * steps alike. `pnpm fuzz` runs longer ones.
 */
import { withKubelite } from '@keelson/kubelite/testing'
import { withPostgres } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cluster, type Subject } from '../cluster.ts'
import { cleanUp, compare, type Pair, prepare } from '../fuzz/run.ts'
import { makeSteps } from '../fuzz/steps.ts'

export function fuzzSuite(subject: Subject): void {
  describe('random steps', () => {
    let pair: Pair
    const stops: (() => Promise<void>)[] = []
    beforeAll(async () => {
      const database = await withPostgres()
      stops.push(database.stop)
      const kubelite = await withKubelite({ databaseUrl: database.url })
      stops.push(kubelite.stop)
      const ours = new Cluster(kubelite.kubeconfigPath, 'kubectl')
      stops.push(async () => ours.close())
      pair = [ours, subject.cluster()]
      await prepare(pair, { collector: false })
    })
    afterAll(async () => {
      if (pair !== undefined) await cleanUp(pair)
      for (const stop of stops.reverse()) await stop()
    })

    test.each([101, 102, 103])('seed %i: kubelite answers alike, and its watches tell the same', async (seed) => {
      expect(await compare(pair, makeSteps(seed, 70))).toEqual([])
    })
  })
}
