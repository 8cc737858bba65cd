import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type BareContext, openBareContext } from '../testing/bare-context.ts'
import { openRefusalLog, type Refusal, type RefusalLog } from './refusals.ts'

let context: BareContext
let log: RefusalLog
let now = Date.parse('2026-01-01T00:00:00Z')
const clock = { now: () => new Date(now), sleep: async () => {} }

beforeAll(async () => {
  context = await openBareContext({})
})
afterAll(() => context?.close())
beforeEach(async () => {
  await context.base.db.query('delete from audit_event where true returning id')
  log = openRefusalLog({ ...context.base, clock: { ...context.base.clock, ...clock } })
})

const refusal = (more: Partial<Refusal> = {}): Refusal => ({
  ...{ actor: 'mallory@example.org', workspace: 'team-alpha', what: 'jobs.submit', code: 'forbidden', door: 'gateway' },
  ...more,
})
type Row = { actor: string; workspace: string | null; action: string; subject: string; after: { count: number } }
const rows = () =>
  context.base.db.query<Row>('select actor, workspace, action, subject, after from audit_event order by id')

describe('refusals', () => {
  it('are written at once: who, where, what, and when', async () => {
    log.record(refusal({ name: 'nb-churn' }))
    await eventually(async () => expect(await rows()).toHaveLength(1), { timeoutMs: 5_000 })
    expect(await rows()).toMatchObject([
      {
        actor: 'mallory@example.org',
        workspace: 'team-alpha',
        action: 'access.refused',
        subject: 'jobs.submit/nb-churn',
        after: { code: 'forbidden', door: 'gateway', count: 1, since: '2026-01-01T00:00:00.000Z' },
      },
    ])
    await log.stop()
  })

  it('of one kind become one more row with their number', async () => {
    for (let index = 0; index < 1_000; index += 1) log.record(refusal({ name: 'guess' }))
    await log.stop()
    expect((await rows()).map(({ after }) => after.count)).toEqual([1, 999])
  })

  it('of one kind have a row for each object, until very many are guessed', async () => {
    for (let index = 0; index < 1_000; index += 1) log.record(refusal({ name: `guess-${index}` }))
    log.record(refusal({ name: 'guess-3' }))
    await log.stop()
    const written = await rows()
    expect(written.slice(0, 16).map(({ subject }) => subject)).toEqual(
      Array.from({ length: 16 }, (_, index) => `jobs.submit/guess-${index}`),
    )
    expect(written.slice(16).map(({ subject, after }) => [subject, after.count])).toEqual([
      ['jobs.submit', 1],
      ['jobs.submit/guess-3', 1],
      ['jobs.submit', 983],
    ])
  })

  it('for a fault of the request are told apart from what somebody may not', async () => {
    log.record(refusal({ code: 'invalid', isFault: true }))
    await log.stop()
    expect(await rows()).toMatchObject([{ action: 'request.refused', subject: 'jobs.submit' }])
  })

  it('of very many kinds stay within the budget of who makes them, and none is uncounted', async () => {
    for (let index = 0; index < 5_000; index += 1) log.record(refusal({ workspace: `ws-${index}` }))
    log.record(refusal({ actor: 'bob@example.org' }))
    await log.stop()
    const written = await rows()
    const hers = written.filter(({ actor }) => actor === 'mallory@example.org')
    expect(hers).toHaveLength(401)
    expect(hers.reduce((sum, { after }) => sum + after.count, 0)).toBe(5_000)
    expect(written.filter(({ actor }) => actor === 'bob@example.org')).toHaveLength(1)
  })

  it('earn one row a minute again', async () => {
    for (let index = 0; index < 450; index += 1) log.record(refusal({ workspace: `ws-${index}` }))
    now += 3 * 60_000
    for (let index = 450; index < 460; index += 1) log.record(refusal({ workspace: `ws-${index}` }))
    await eventually(async () => expect(await rows()).toHaveLength(403), { timeoutMs: 5_000 })
    await log.stop()
  })

  it('keep what an attacker wrote short and plain', async () => {
    log.record(refusal({ workspace: '../etc', name: `<b>\u202e${'x'.repeat(9_000)}`, actor: null }))
    await log.stop()
    const [row] = await rows()
    expect(row).toMatchObject({ actor: 'anonymous', workspace: null })
    expect(row?.subject.length).toBeLessThan(300)
    expect(row?.subject).not.toContain('\u202e')
  })
})
