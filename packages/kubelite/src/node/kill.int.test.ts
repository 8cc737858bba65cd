/** The whole process is killed, not stopped: kubelite as the launcher runs it. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '@keelson/testing'
import { expect, it } from 'vitest'
import { processesOf, shell, useKubeliteProcess } from './test-cluster.ts'
import type { KubeliteProcess } from './test-process.ts'
import type { Pod } from './types.ts'

const kubelite = useKubeliteProcess()
const start = () => kubelite.start()
const kill = () => kubelite.kill()
const call: KubeliteProcess['call'] = (...words) => kubelite.call(...words)

const podPath = '/api/v1/namespaces/default/pods'
const getPod = async (name: string): Promise<Pod> => JSON.parse((await call('GET', `${podPath}/${name}`)).body)
const create = async (name: string, script: string) => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers: [shell(script)] },
  }
  expect((await call('POST', podPath, pod)).status).toBe(201)
}
const until = (name: string, phase: string) =>
  eventually(
    async () => {
      const pod = await getPod(name)
      return pod.status?.phase === phase ? pod : false
    },
    { timeoutMs: 15_000 },
  )

it('loses no container, no log line and no exit state to a kill -9', async () => {
  await start()
  const gate = join(kubelite.home, 'gate')
  await create('goes-on', `i=0; until test -e ${gate}; do i=$((i+1)); echo tick $i; sleep 0.1; done; exit 5`)
  await create('short', 'sleep 0.5; echo short; exit 4')
  const before = await until('goes-on', 'Running')
  await until('short', 'Running')
  await kill()
  expect((await processesOf(before)).length).toBeGreaterThan(0)
  await start()
  const short = await until('short', 'Failed')
  expect(short.status?.containerStatuses?.[0]?.state.terminated).toMatchObject({ exitCode: 4, reason: 'Error' })
  expect((await getPod('goes-on')).status?.containerStatuses?.[0]?.containerID).toBe(
    before.status?.containerStatuses?.[0]?.containerID,
  )
  await kill()
  await start()
  await writeFile(gate, '')
  const after = await until('goes-on', 'Failed')
  expect(after.status?.containerStatuses?.[0]).toMatchObject({
    restartCount: 0,
    state: { terminated: { exitCode: 5 } },
  })
  const log = (await call('GET', `${podPath}/goes-on/log`)).body
  const ticks = log.split('\n').length - 1
  expect(ticks).toBeGreaterThan(5)
  expect(log).toBe(Array.from({ length: ticks }, (_, index) => `tick ${index + 1}\n`).join(''))
  expect(await processesOf(before)).toEqual([])
}, 60_000)

it('starts every pod once when it is killed again and again while pods are made', async () => {
  const names = Array.from({ length: 6 }, (_, index) => `storm-${index}`)
  for (const [index, name] of names.entries()) {
    await create(name, 'echo once; sleep 0.2')
    if (index % 2 === 1) {
      await kill()
      await start()
    }
  }
  for (const name of names) {
    const pod = await eventually(
      async () => {
        const now = await getPod(name)
        return now.status?.phase === 'Succeeded' || now.status?.phase === 'Failed' ? now : false
      },
      { timeoutMs: 20_000 },
    )
    expect([name, pod.status?.phase, pod.status?.containerStatuses?.[0]?.restartCount]).toEqual([name, 'Succeeded', 0])
    expect((await call('GET', `${podPath}/${name}/log`)).body).toBe('once\n')
  }
}, 90_000)
