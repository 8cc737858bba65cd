import { notebookAnnotations as key, type Notebook } from '@keelson/contracts/kinds'
import { describe, expect, it } from 'vitest'
import { type CullingPlan, type NotebookActivity, planCulling, planRest, untilLook } from './culling.rules.ts'

const minute = 60_000
const settings = { idleMs: 60 * minute, periodMs: minute }
const at = (minutes: number) => new Date(Date.UTC(2030, 0, 1, 0, minutes))
const text = (minutes: number) => at(minutes).toISOString().replace('.000Z', 'Z')
const idle = (minutes: number): NotebookActivity => ({ kind: 'seen', inUse: false, lastActivity: at(minutes) })
const busy: NotebookActivity = { kind: 'seen', inUse: true, lastActivity: null }
const silent: NotebookActivity = { kind: 'silent' }

function notebook(annotations: Record<string, string>): Notebook {
  return { apiVersion: 'v1', kind: 'Notebook', metadata: { name: 'lab', annotations }, spec: {} }
}
/** The notebook after a plan, as the server would have it. */
function after({ annotations }: CullingPlan, before: Notebook): Notebook {
  const merged = { ...before.metadata.annotations, ...annotations }
  return notebook(
    Object.fromEntries(Object.entries(merged).flatMap(([name, value]) => (value === null ? [] : [[name, value]]))),
  )
}
const known = (last: number, check: number, rest: Record<string, string> = {}) =>
  notebook({ [key.lastActivity]: text(last), [key.lastActivityCheck]: text(check), ...rest })

describe('the last activity', () => {
  const last = (before: Notebook, activity: NotebookActivity, now: number) =>
    planCulling(before, activity, at(now), settings).annotations[key.lastActivity]
  it('is now at the first look and while something is at work', () => {
    expect(last(notebook({}), silent, 5)).toBe(text(5))
    expect(last(known(0, 4), busy, 5)).toBe(text(5))
  })
  it('is the newest that the server knows, never earlier than before and never later than now', () => {
    expect(last(known(1, 4), idle(3), 5)).toBe(text(3))
    expect(last(known(3, 4), idle(1), 5)).toBe(text(3))
    expect(last(known(3, 4), idle(99), 5)).toBe(text(5))
    expect(last(known(99, 4), silent, 5)).toBe(text(5))
  })
  it('stays as it is when there is no answer', () => {
    expect(last(known(1, 4), silent, 5)).toBe(text(1))
  })
})

describe('the end of an idle notebook', () => {
  it('is announced ten minutes before, and comes at that time', () => {
    const early = planCulling(known(0, 48), idle(0), at(49), settings)
    expect(early).toMatchObject({ event: null, wakeAfterMs: minute })
    const warned = planCulling(after(early, known(0, 48)), idle(0), at(50), settings)
    expect(warned.annotations[key.cullAt]).toBe(text(60))
    expect(warned.event).toMatchObject({ type: 'Warning', reason: 'CullingSoon' })
    expect(warned.event?.message).toContain(`will be stopped at ${text(60)}`)
    const waiting = after(warned, known(0, 48))
    expect(planCulling(waiting, idle(0), at(59), settings)).toMatchObject({ event: null, wakeAfterMs: minute })
    expect(planCulling(waiting, idle(0), at(60), settings)).toEqual({
      annotations: {
        [key.stopped]: text(60),
        [key.lastActivity]: null,
        [key.lastActivityCheck]: null,
        [key.cullAt]: null,
      },
      event: expect.objectContaining({ reason: 'Culled' }),
      wakeAfterMs: null,
    })
  })
  it('is announced also where nobody looked for a long time', () => {
    const plan = planCulling(known(0, 1), idle(0), at(500), settings)
    expect(plan.annotations).toMatchObject({ [key.cullAt]: text(510) })
    expect(plan.annotations[key.stopped]).toBeUndefined()
  })
  it('is called off by work, and put off by work that is some time ago', () => {
    const warned = known(0, 50, { [key.cullAt]: text(60) })
    expect(planCulling(warned, busy, at(60), settings).annotations).toMatchObject({ [key.cullAt]: null })
    expect(planCulling(warned, idle(4), at(60), settings).annotations).toMatchObject({ [key.cullAt]: text(64) })
  })
  it('never comes for one that is excepted, or whose server cannot be read', () => {
    const excepted = known(0, 50, { [key.cullAt]: text(60), [key.culling]: 'disabled' })
    expect(planCulling(excepted, idle(0), at(70), settings).annotations).toMatchObject({ [key.cullAt]: null })
    const strange = planCulling(known(0, 50, { [key.cullAt]: text(60) }), { kind: 'unknown' }, at(70), settings)
    expect(strange.annotations).toMatchObject({ [key.cullAt]: null })
    expect(strange.annotations[key.stopped]).toBeUndefined()
  })
  it('comes also for one that does not answer', () => {
    expect(planCulling(known(0, 50, { [key.cullAt]: text(60) }), silent, at(60), settings).event?.reason).toBe('Culled')
  })
})

it('is looked at once in a period, and when its end is due', () => {
  expect(untilLook(notebook({}), at(0), settings)).toBe(0)
  expect(
    untilLook(notebook({ [key.lastActivity]: 'yesterday', [key.lastActivityCheck]: text(0) }), at(0), settings),
  ).toBe(0)
  expect(untilLook(known(0, 10), at(10), settings)).toBe(minute)
  expect(untilLook(known(0, 10, { [key.cullAt]: '2030-01-01T00:10:30Z' }), at(10), settings)).toBe(minute / 2)
})

it('nothing of it is left on a stopped notebook', () => {
  expect(planRest(known(0, 1, { [key.cullAt]: text(2) })).annotations).toEqual({
    [key.lastActivity]: null,
    [key.lastActivityCheck]: null,
    [key.cullAt]: null,
  })
  expect(planRest(notebook({})).annotations).toEqual({})
})
