/**
 * What controllers and a node make of objects: the same assertions on kubelite, with its processes, and on a real cluster
 * that has a node (`KEELSON_TEST_KUBECONFIG` and, as `KEELSON_TEST_IMAGE`, an image with a shell that the node has).
 */
import { withKubelite } from '@keelson/kubelite/testing'
import { withPostgres, withRealApiServer } from '@keelson/testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { Cluster } from './cluster.ts'
import { containerSuite } from './suites/containers.ts'
import { jobSuite } from './suites/jobs.ts'
import { rolloutSuite } from './suites/rollouts.ts'
import { sidecarSuite } from './suites/sidecars.ts'
import { statefulSuite } from './suites/stateful.ts'
import type { LiveSubject } from './workload.ts'

const suites = [statefulSuite, jobSuite, rolloutSuite, sidecarSuite, containerSuite]
const kubectl = process.env.KEELSON_TEST_KUBECTL ?? 'kubectl'

function runSuites(image: string, start: () => Promise<{ cluster: Cluster; stop: () => Promise<void> }>): void {
  let cluster: Cluster | undefined
  let stop = async () => {}
  const subject: LiveSubject = {
    image,
    cluster: () => {
      if (cluster === undefined) throw new Error('the cluster did not start')
      return cluster
    },
  }
  beforeAll(async () => {
    const started = await start()
    cluster = started.cluster
    stop = started.stop
  }, 200_000)
  afterAll(async () => {
    cluster?.close()
    await stop()
  })
  for (const suite of suites) suite(subject)
}

describe('kubelite', () => {
  runSuites('busybox:1', async () => {
    const database = await withPostgres()
    const kubelite = await withKubelite({ databaseUrl: database.url, run: 'all' })
    return {
      cluster: new Cluster(kubelite.kubeconfigPath, kubectl),
      stop: async () => {
        await kubelite.stop()
        await database.stop()
      },
    }
  })
})

const image = process.env.KEELSON_TEST_IMAGE
if (image !== undefined && process.env.KEELSON_TEST_KUBECONFIG !== undefined) {
  describe('a real cluster', () => {
    runSuites(image, async () => {
      const real = await withRealApiServer()
      if ('skipped' in real) throw new Error(real.skipped)
      return { cluster: new Cluster(real.kubeconfig, real.kubectl ?? kubectl), stop: real.stop }
    })
  })
} else {
  describe('a real cluster', () => {
    test.skip('skipped: KEELSON_TEST_KUBECONFIG and KEELSON_TEST_IMAGE are not both set', () => {})
  })
}
