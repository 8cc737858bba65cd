import { describe, expect, it } from 'vitest'
import type { Attempt } from './attempt.ts'
import { backOffMs, type ContainerView, planPod, restartAt } from './pod-plan.ts'
import type { PodSpec } from './types.ts'

const t0 = Date.parse('2026-01-01T00:00:00Z')
const at = (ms: number) => new Date(t0 + ms).toISOString()

function attempt(
  exitCode: number | null,
  options: { crashes?: number; ranMs?: number; number?: number } = {},
): Attempt {
  const { crashes = 0, ranMs = 100, number = 0 } = options
  return {
    dir: '',
    number,
    spec: {
      id: `${number}`,
      argv: [],
      env: {},
      cwd: '',
      image: 'i',
      imageId: '',
      crashes,
      namespaced: false,
      createdAt: at(-ranMs),
    },
    started: { shim: { pid: 1, startTime: '' }, child: { pid: 2, startTime: '' }, startedAt: at(-ranMs) },
    exit: exitCode === null ? null : { exitCode, signal: 0, startedAt: at(-ranMs), finishedAt: at(0) },
  }
}
const view = (name: string, current: Attempt | null = null, more: Partial<ContainerView> = {}): ContainerView => ({
  spec: { name },
  init: false,
  current,
  previous: null,
  waiting: null,
  notBefore: 0,
  hooking: false,
  started: true,
  ready: true,
  ...more,
})
const init = (name: string, current: Attempt | null = null) => view(name, current, { init: true })
const spec = (restartPolicy: PodSpec['restartPolicy']): PodSpec => ({
  containers: [],
  restartPolicy: restartPolicy ?? 'Always',
})
const names = (views: readonly ContainerView[]) => views.map((each) => each.spec.name)
const plan = (policy: PodSpec['restartPolicy'], views: ContainerView[], now = t0 + 1) => {
  const { start, wakeAt, outcome } = planPod(spec(policy), views, now)
  return { start: names(start), wakeAt, outcome }
}

describe('planPod', () => {
  it('starts init containers one after the other, then all others', () => {
    expect(plan('Never', [init('a'), init('b'), view('m')]).start).toEqual(['a'])
    expect(plan('Never', [init('a', attempt(null)), init('b'), view('m')]).start).toEqual([])
    expect(plan('Never', [init('a', attempt(0)), init('b'), view('m')]).start).toEqual(['b'])
    expect(plan('Never', [init('a', attempt(0)), init('b', attempt(0)), view('m'), view('n')]).start).toEqual([
      'm',
      'n',
    ])
  })

  it('fails or repeats on an init container by the policy', () => {
    expect(plan('Never', [init('a', attempt(1)), view('m')]).outcome).toBe('Failed')
    expect(plan('OnFailure', [init('a', attempt(1)), view('m')]).start).toEqual(['a'])
    expect(plan('Always', [init('a', attempt(0)), view('m')]).start).toEqual(['m'])
  })

  const sidecar = (name: string, current: Attempt | null = null, more: Partial<ContainerView> = {}) =>
    view(name, current, { init: true, ...more, spec: { name, restartPolicy: 'Always' } })

  it('goes on behind a sidecar that is up, and keeps it up', () => {
    const up = sidecar('s', attempt(null))
    expect(plan('Never', [sidecar('s'), init('b'), view('m')]).start).toEqual(['s'])
    expect(plan('Never', [sidecar('s', attempt(null), { started: false }), init('b'), view('m')]).start).toEqual([])
    expect(plan('Never', [up, init('b'), view('m')]).start).toEqual(['b'])
    expect(plan('Never', [sidecar('s', attempt(1)), init('b', attempt(null)), view('m')]).start).toEqual(['s'])
    expect(plan('Never', [up, init('b', attempt(0)), view('m')]).start).toEqual(['m'])
    expect(plan('Never', [sidecar('s', attempt(0)), init('b'), view('m', attempt(null))]).start).toEqual(['s'])
    const crashed = sidecar('s', attempt(1, { crashes: 1 }))
    expect(plan('Never', [crashed, view('m', attempt(null))])).toEqual({
      start: [],
      wakeAt: t0 + 10_000,
      outcome: null,
    })
  })

  it('is over when all but sidecars have ended, whatever became of those', () => {
    expect(plan('Never', [sidecar('s', attempt(null)), view('m', attempt(0))])).toMatchObject({ outcome: 'Succeeded' })
    expect(plan('Never', [sidecar('s', attempt(1)), view('m', attempt(0))])).toEqual({
      start: [],
      wakeAt: null,
      outcome: 'Succeeded',
    })
    expect(plan('Never', [sidecar('s', attempt(1)), init('b', attempt(1)), view('m')])).toMatchObject({
      start: [],
      outcome: 'Failed',
    })
  })

  it('takes a container’s own rules and policy before its pod’s', () => {
    const ruled = (exit: number) =>
      view('m', attempt(exit), {
        spec: {
          name: 'm',
          restartPolicy: 'Never',
          restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }],
        },
      })
    expect(plan('Never', [ruled(42)]).start).toEqual(['m'])
    expect(plan('Always', [ruled(1)])).toMatchObject({ start: [], outcome: 'Failed' })
  })

  it('does not run init containers again once a container ran', () => {
    expect(plan('Always', [init('a'), view('m', attempt(1))]).start).toEqual(['m'])
  })

  it.each([
    ['Never', 0, 'Succeeded', []],
    ['Never', 1, 'Failed', []],
    ['OnFailure', 0, 'Succeeded', []],
    ['OnFailure', 1, null, ['m']],
    ['Always', 0, null, ['m']],
    ['Always', 1, null, ['m']],
  ] as const)('policy %s, exit %i → %s %j', (policy, exit, outcome, start) => {
    expect(plan(policy, [view('m', attempt(exit))])).toMatchObject({ outcome, start })
  })

  it('is not over while one container runs', () => {
    expect(plan('Never', [view('m', attempt(1)), view('n', attempt(null))])).toEqual({
      start: [],
      wakeAt: null,
      outcome: null,
    })
  })

  it('waits with back-off, longer each time, and forgets after a long run', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 20].map(backOffMs)).toEqual([
      0, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000,
    ])
    const crashed = attempt(1, { crashes: 2 })
    expect(plan('Always', [view('m', crashed)])).toEqual({ start: [], wakeAt: t0 + 20_000, outcome: null })
    expect(plan('Always', [view('m', crashed)], t0 + 20_000).start).toEqual(['m'])
    expect(restartAt(attempt(1, { crashes: 9, ranMs: 700_000 }))).toBe(t0)
  })

  it('holds back what cannot be started yet', () => {
    expect(plan('Never', [view('m', null, { notBefore: t0 + 500 }), view('n')])).toEqual({
      start: ['n'],
      wakeAt: t0 + 500,
      outcome: null,
    })
  })
})
