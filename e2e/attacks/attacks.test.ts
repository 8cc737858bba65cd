/** The isolation checklist as attacks: the same on kubelite and on a real API server. The table is `support/items.ts`. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { clusterSuite } from './suites/cluster.ts'
import { contentSuite } from './suites/content.ts'
import { identitySuite } from './suites/identity.ts'
import { inputSuite } from './suites/input.ts'
import { kubeflowSuite } from './suites/kubeflow.ts'
import { notebooksSuite } from './suites/notebooks.ts'
import { workspacesSuite } from './suites/workspaces.ts'
import { answered, items } from './support/items.ts'
import { openWorld, type Server, type World } from './support/world.ts'

const suites = [identitySuite, workspacesSuite, kubeflowSuite, contentSuite, notebooksSuite, clusterSuite, inputSuite]

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
  // Whatever an attack was refused, stands in the audit trail; an attack that nothing was refused of is in the list of those.
  afterEach(async ({ task }) => {
    if (task.result?.state === 'skip' || task.mode === 'skip' || world === undefined) return
    const count = await world.ledger.check()
    const isAttack = task.name.startsWith('item ') && world.gateway.platform.hasWebhooks
    if (isAttack && !answered.has(task.name)) expect(count, 'refusals on record').toBeGreaterThan(0)
  })
  for (const suite of suites) suite(open, server)

  it('of the same refusals made again and again, the number is on record', async () => {
    const { cluster, as, ledger, gateway } = open()
    // What the API server holds back is told in order; of a real one, by several calls at once.
    await cluster.get('/api/v1/namespaces/kube-system/secrets/last', as('vera'))
    await ledger.check()
    await gateway.quit()
    const doors = server === 'kubelite' ? ['gateway', 'kubernetes'] : ['gateway']
    expect(await ledger.checkNumbers(doors)).toBeGreaterThan(100)
  })
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
