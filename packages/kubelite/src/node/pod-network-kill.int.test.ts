/** What a kill -9 leaves of the pods' network, and who removes it. Skipped where pods cannot have one of their own. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@keelson/testing'
import { expect, it } from 'vitest'
import { readJson, writeJson } from './attempt.ts'
import { decidePodNetwork, stopAllPods } from './index.ts'
import { whatIsMissing } from './network/decide.ts'
import { readIdentity } from './network/identity.ts'
import { inKernel } from './network/test-kernel.ts'
import { type PodRecord, podsFolder } from './pod-record.ts'
import { shell, useKubeliteProcess } from './test-cluster.ts'
import type { Pod } from './types.ts'

const missing = await whatIsMissing()
if (missing !== null) process.stderr.write(`pod network kill tests skipped: ${missing}\n`)
const when = it.skipIf(missing !== null)

const kubelite = useKubeliteProcess({ KUBELITE_POD_NETWORK: 'namespaced' })

const idOf = async (folder: string) => (await readIdentity(join(folder, 'node')))?.id ?? 'none'
const path = '/api/v1/namespaces/default/pods'
const create = async (name: string, script: string, restartPolicy = 'Always') => {
  const containers = [shell(script, { readinessProbe: { tcpSocket: { port: 7000 }, periodSeconds: 1 } })]
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { restartPolicy, terminationGracePeriodSeconds: 1, containers },
  }
  expect((await kubelite.call('POST', path, pod)).status).toBe(201)
}
const ready = (name: string) =>
  eventually(
    async () => {
      const pod = JSON.parse((await kubelite.call('GET', `${path}/${name}`)).body) as Pod
      return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ? pod : false
    },
    { timeoutMs: 20_000 },
  )
const echo = `exec ${process.execPath} -e 'require("net").createServer((s) => s.pipe(s)).listen(7000, "0.0.0.0")'`

when(
  'connections outlive a kill -9, and a pod that was removed meanwhile leaves nothing',
  async () => {
    await kubelite.start()
    await Promise.all([create('echo', echo), create('other', echo)])
    const before = await ready('echo')
    const other = await ready('other')
    const socket = connect({ host: before.status?.podIP ?? '', port: 7000 })
    const say = (word: string) =>
      new Promise<string>((resolve, reject) => {
        socket.once('data', (data) => resolve(String(data)))
        socket.once('close', () => reject(new Error('closed')))
        socket.write(word)
      })
    expect(await say('one')).toBe('one')
    // Asked for and not done yet when the process is killed.
    await kubelite.call('DELETE', `${path}/other`)
    await kubelite.kill()
    expect(await say('two')).toBe('two')
    await kubelite.start()
    const after = await ready('echo')
    expect(await say('three')).toBe('three')
    expect(after.status?.podIP).toBe(before.status?.podIP)
    expect(after.status?.containerStatuses?.[0]?.containerID).toBe(before.status?.containerStatuses?.[0]?.containerID)
    socket.destroy()
    const id = await idOf(kubelite.home)
    await eventually(
      async () =>
        (await kubelite.call('GET', `${path}/other`)).status === 404 &&
        // The node's own link, its table, and one pod's link and namespace.
        (await inKernel(id)).length === 4,
      { timeoutMs: 15_000 },
    )
    expect(other.status?.podIP).not.toBe(before.status?.podIP)
  },
  60_000,
)

when(
  'a pod that was over keeps no claim to an address that another pod has by now',
  async () => {
    await create('over', 'true', 'Never')
    const over = await eventually(
      async () => {
        const pod = JSON.parse((await kubelite.call('GET', `${path}/over`)).body) as Pod
        return pod.status?.phase === 'Succeeded' ? pod : false
      },
      { timeoutMs: 20_000 },
    )
    const id = await idOf(kubelite.home)
    await eventually(async () => (await inKernel(id)).length === 4)
    const before = await inKernel(id)
    const { status, metadata } = await ready('echo')
    await kubelite.kill()
    // As it would be if its address had been the next one to be given.
    const record = join(podsFolder(join(kubelite.home, 'node')), over.metadata.uid ?? '', 'pod.json')
    await writeJson(record, { ...(await readJson<PodRecord>(record)), podIP: status?.podIP })
    await kubelite.start()
    // What the node took over is dealt with long before a new pod is ready.
    await create('next', echo)
    await ready('next')
    expect((await ready('echo')).metadata.uid).toBe(metadata.uid)
    const socket = connect({ host: status?.podIP ?? '', port: 7000 })
    socket.write('still here')
    expect(String((await once(socket, 'data'))[0])).toBe('still here')
    socket.destroy()
    for (const name of ['over', 'next']) await kubelite.call('DELETE', `${path}/${name}`)
    await eventually(async () => expect(await inKernel(id)).toEqual(before), { timeoutMs: 15_000 })
  },
  60_000,
)

when(
  'ending the pods of a killed kubelite removes all of its network',
  async () => {
    await kubelite.kill()
    const id = await idOf(kubelite.home)
    expect(await inKernel(id)).toHaveLength(4)
    await stopAllPods(join(kubelite.home, 'node'))
    expect(await inKernel(id)).toEqual([])
  },
  30_000,
)

when(
  'the next node removes what is left of a folder that is gone',
  async () => {
    await kubelite.start()
    const id = await idOf(kubelite.home)
    await eventually(async () => (await inKernel(id)).length === 4, { timeoutMs: 15_000 })
    await kubelite.kill()
    await rm(kubelite.home, { recursive: true, force: true })
    const next = await mkdtemp(join(tmpdir(), 'kubelite-network-next-'))
    expect(await decidePodNetwork(join(next, 'node'), 'auto')).toMatchObject({ mode: 'namespaced' })
    expect(await inKernel(id)).toEqual([])
    const own = await idOf(next)
    expect(await inKernel(own)).toHaveLength(2)
    await stopAllPods(join(next, 'node'))
    expect(await inKernel(own)).toEqual([])
    await rm(next, { recursive: true, force: true })
  },
  60_000,
)
