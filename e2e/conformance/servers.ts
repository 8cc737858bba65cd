/** The two servers that the suites run on, and the one way in which a group of tests gets one of them. */
import { withKubelite } from '@keelson/kubelite/testing'
import { withPostgres, withRealApiServer } from '@keelson/testing'
import { afterAll, beforeAll } from 'vitest'
import { Cluster, type Subject } from './cluster.ts'

type Started = { cluster: Cluster; stop: () => Promise<void> }

const kubectl = process.env.KEELSON_TEST_KUBECTL ?? 'kubectl'

/** Starts a server before the tests of the group in which this is called, and stops it after them. */
export function useCluster(start: () => Promise<Started>): Subject {
  let started: Started | undefined
  beforeAll(async () => {
    started = await start()
  }, 200_000)
  afterAll(async () => {
    started?.cluster.close()
    await started?.stop()
  })
  return {
    cluster: () => {
      if (started === undefined) throw new Error('the cluster did not start')
      return started.cluster
    },
  }
}

/** kubelite; `run: 'all'` with its controllers and its node. */
export async function startKubelite(options: { run?: 'all' } = {}): Promise<Started> {
  const database = await withPostgres()
  const kubelite = await withKubelite({ databaseUrl: database.url, ...options })
  return {
    cluster: new Cluster(kubelite.kubeconfigPath, kubectl),
    stop: async () => {
      await kubelite.stop()
      await database.stop()
    },
  }
}

/** A real API server: ask first whether there is one. */
export async function startRealServer(): Promise<Started> {
  const real = await withRealApiServer()
  if ('skipped' in real) throw new Error(real.skipped)
  return { cluster: new Cluster(real.kubeconfig, real.kubectl ?? kubectl), stop: real.stop }
}
