import { readFileSync } from 'node:fs'
import { openBareContext, person } from '@keelson/core/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expandCase, type GoldenCase } from './golden/expand.mjs'
import { type Caller, caller, fillIn, prepareWorld, takeOut } from './golden/prepare.mjs'
import { startMlflowTestServer } from './test-server.ts'

type Recorded = Record<string, { status: number; error_code?: string; message?: string }>

const read = (name: string) => JSON.parse(readFileSync(new URL(`golden/${name}`, import.meta.url), 'utf8')) as unknown
const cases = read('cases.json') as GoldenCase[]
const recorded = read('recorded.json') as Recorded

/** `recorded.json` is what MLflow's own server 3.17.2 answered to the same calls (golden/record.mjs). */
describe('bad requests are answered as by MLflow itself', () => {
  let close = async () => {}
  let call: Caller
  let world: Record<string, string>

  beforeAll(async () => {
    const bare = await openBareContext({ 'ana@example.com': { telco: 'owner' } })
    const server = await startMlflowTestServer(bare.base, new Map([['ana', person('ana@example.com')]]))
    close = async () => {
      await server.close()
      await bare.close()
    }
    call = caller(`${server.url}/workspaces/telco/mlflow`, { authorization: 'Bearer ana' })
    world = await prepareWorld(call)
  })
  afterAll(() => close())

  test.each(cases.map((item) => [item.name, item] as const))('%s', async (name, item) => {
    const { method, path, body, raw } = expandCase(fillIn(item, world))
    const answer = await call(method, path, body, raw)
    const peer = recorded[name]
    expect(answer.status).toBe(item.ours?.status ?? peer?.status)
    if (peer?.error_code === undefined || item.ours !== undefined) return
    expect(answer.body?.error_code).toBe(peer.error_code)
    // Lenient: the peer's text carries its SQL or the order of a Python set.
    if (!item.lenient) expect(takeOut(answer.body?.message ?? '', world)).toBe(peer.message)
  })
})
