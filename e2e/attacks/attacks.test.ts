/** The isolation checklist as attacks: the same on kubelite and on a real API server. The table is `support/items.ts`. */
import { afterAll, beforeAll, describe, it } from 'vitest'
import { clusterSuite } from './suites/cluster.ts'
import { contentSuite } from './suites/content.ts'
import { identitySuite } from './suites/identity.ts'
import { inputSuite } from './suites/input.ts'
import { kubeflowSuite } from './suites/kubeflow.ts'
import { workspacesSuite } from './suites/workspaces.ts'
import { items } from './support/items.ts'
import { openWorld, type Server, type World } from './support/world.ts'

const suites = [identitySuite, workspacesSuite, kubeflowSuite, contentSuite, clusterSuite, inputSuite]

function attack(server: Server): void {
  let world: World | undefined
  beforeAll(async () => {
    const opened = await openWorld(server)
    if ('skipped' in opened) throw new Error(opened.skipped)
    world = opened
  }, 240_000)
  afterAll(() => world?.stop())
  const open = () => {
    if (world === undefined) throw new Error('the world did not open')
    return world
  }
  for (const suite of suites) suite(open, server)
}

describe('kubelite', () => {
  attack('kubelite')
  for (const { number, title, kubelite } of items)
    if ('open' in kubelite)
      it(`item ${number}: ${title}`, (context) => context.skip(`open, item ${number}: ${kubelite.open}`))
})

const hasReal = (process.env.KEELSON_TEST_KUBE ?? process.env.KEELSON_TEST_KUBECONFIG) !== undefined
describe('kube-apiserver', () => {
  if (hasReal) attack('kube-apiserver')
  else it('the attacks', (context) => context.skip('neither KEELSON_TEST_KUBE nor KEELSON_TEST_KUBECONFIG is set'))
  for (const { number, title, real } of items)
    if ('open' in real) it(`item ${number}: ${title}`, (context) => context.skip(`open, item ${number}: ${real.open}`))
})
