/** One installation for a cluster: the second hears who the first is, and the first hears when it was replaced. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withKubelite } from '@keelson/kubelite/testing'
import { silentLogger } from '@keelson/process/logger'
import { eventually, type TestDatabase, withMigratedDatabase, withPostgres, withRealApiServer } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openHome } from '../home/home.ts'
import { openClusterAdmin } from './cluster-admin.ts'
import { installManifests } from './install-cluster.ts'
import { claimCluster, type Installation, installationId, keepClaim, refuseSecond } from './installation.ts'
import { readKubeconfig } from './kubeconfig.ts'

const folder = mkdtempSync(join(tmpdir(), 'keelson-installations-'))
const databases: TestDatabase[] = []
const ids: string[] = []
beforeAll(async () => {
  for (let index = 0; index < 2; index += 1) {
    const database = await withMigratedDatabase()
    databases.push(database)
    ids.push(await installationId(database.url))
  }
})
afterAll(async () => {
  for (const database of databases) await database.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('an installation is its database', async () => {
  expect(await installationId(databases[0]?.url ?? '')).toBe(ids[0])
  expect(ids[1]).not.toBe(ids[0])
})

const servers = {
  kubelite: async () => {
    const database = await withPostgres()
    const server = await withKubelite({ databaseUrl: database.url })
    return { kubeconfig: server.kubeconfigPath, stop: () => server.stop().then(database.stop) }
  },
  'kube-apiserver': () => withRealApiServer({ fresh: true }),
}

describe.each(Object.entries(servers))('on %s', (_name, start) => {
  test('the second is refused until it takes over, and the first hears of it', async (context) => {
    const server = await start()
    if ('skipped' in server) return context.skip(server.skipped)
    const ends: (() => unknown)[] = [() => server.stop()]
    try {
      const admin = openClusterAdmin(readKubeconfig(server.kubeconfig))
      await installManifests(admin)
      const at = (name: string, id: string | undefined, takeOver = false): Installation => ({
        id: id ?? '',
        home: openHome(join(folder, name)),
        takeOver,
      })
      // A cluster that was there before may be another's.
      await claimCluster(admin, at('first', ids[0], true))
      await refuseSecond(admin, at('first', ids[0]))
      // The same database from another folder is the same installation.
      await refuseSecond(admin, at('elsewhere', ids[0]))
      const sentence = new RegExp(
        `^The installation in ${join(folder, 'first')} on \\S+ \\(since \\d{4}-\\d\\d-\\d\\d\\) runs this cluster`,
      )
      await expect(refuseSecond(admin, at('second', ids[1]))).rejects.toThrow(sentence)
      await expect(claimCluster(admin, at('second', ids[1]))).rejects.toThrow('npm start -- --take-over')

      const lost: string[] = []
      const watch = (id: string | undefined) =>
        ends.push(
          keepClaim(admin, at('first', id), {
            log: silentLogger,
            onLost: (said) => lost.push(`${id} ${said}`),
            everyMs: 50,
          }),
        )
      watch(ids[0])
      watch(ids[1])
      await eventually(() => expect(lost).toHaveLength(1), { timeoutMs: 10_000 })
      expect(lost[0]).toContain(ids[1])
      lost.length = 0
      await claimCluster(admin, at('second', ids[1], true))
      await eventually(() => expect(lost).toHaveLength(1), { timeoutMs: 10_000 })
      expect(lost[0]).toContain(`${ids[0]} The installation in ${join(folder, 'second')}`)
      await expect(refuseSecond(admin, at('first', ids[0]))).rejects.toThrow(join(folder, 'second'))
    } finally {
      for (const end of ends.reverse()) await end()
    }
  }, 120_000)

  test('of two that come at once to a fresh cluster, one is refused', async (context) => {
    const server = await start()
    if ('skipped' in server) return context.skip(server.skipped)
    try {
      const admin = openClusterAdmin(readKubeconfig(server.kubeconfig))
      await installManifests(admin)
      if ((await admin.find('/api/v1/namespaces/keelson-system/configmaps/keelson-installation')) !== null)
        return context.skip('the cluster is somebody’s already')
      const settled = await Promise.allSettled(
        ids.map((id, index) =>
          claimCluster(admin, { id, home: openHome(join(folder, `at-${index}`)), takeOver: false }),
        ),
      )
      expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    } finally {
      await server.stop()
    }
  }, 120_000)
})
