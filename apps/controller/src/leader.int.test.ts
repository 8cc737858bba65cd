/** Two controllers as processes: one leads; when it is killed, the other takes over and goes on with the work. */
import type { Profile } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { startTestPlatform, type TestPlatform } from '@keelson/core/testing'
import { resources } from '@keelson/kube'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ControllerProcess, controllerProcess } from './testing/index.ts'

const namespace = 'keelson-system'
// A lease is 15 seconds long, and seen as dead only when it was unchanged for as long.
const takeOver = { timeoutMs: 40_000 }
let platform: TestPlatform
let controllers: Record<string, ControllerProcess> = {}

beforeAll(async () => {
  const started = await startTestPlatform('kubelite')
  if ('skipped' in started) throw new Error(started.skipped)
  platform = started
  const kubeconfig = await platform.kubeconfigOf('keelson-controller')
  const process = (identity: string) =>
    controllerProcess({ databaseUrl: platform.databaseUrl, kubeconfig, namespace, identity })
  controllers = { one: process('one'), two: process('two') }
}, 120_000)
afterAll(async () => {
  await Promise.all(Object.values(controllers).map((controller) => controller.kill()))
  await platform?.stop()
})

async function holder(): Promise<string> {
  const lease = await platform.kube.find<KubeObject>(resources.leases, { namespace, name: 'keelson-controller' })
  return (lease?.spec as { holderIdentity?: string } | undefined)?.holderIdentity ?? ''
}

async function madeTrue(name: string): Promise<void> {
  await platform.kube.create<Profile>(resources.profiles, {
    apiVersion: '',
    kind: '',
    metadata: { name },
    spec: { owner: { kind: 'User', name: 'ada@example.test' } },
  })
  await eventually(
    async () => expect(await platform.kube.find(resources.namespaces, { name })).toMatchObject({ metadata: { name } }),
    takeOver,
  )
}

const leads = (name: string) => controllers[name]?.output().includes('"leading"') ?? false

test('one leads; it is killed, and the other goes on', async () => {
  for (const controller of Object.values(controllers)) controller.start()
  await eventually(async () => expect(await holder()).toMatch(/^(one|two)$/), takeOver)
  const first = await holder()
  const second = first === 'one' ? 'two' : 'one'
  await madeTrue('before-the-kill')
  expect([leads(first), leads(second)]).toEqual([true, false])
  await controllers[first]?.kill()
  await eventually(async () => expect(await holder()).toBe(second), takeOver)
  await madeTrue('after-the-kill')
  controllers[first]?.start()
  await madeTrue('with-both-again')
  expect(await holder()).toBe(second)
}, 120_000)
