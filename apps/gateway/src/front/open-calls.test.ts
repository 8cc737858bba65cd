import type { IdentityResolver, ResolvedIdentity } from '@keelson/core/access'
import { AppError } from '@keelson/process/app-error'
import { eventually } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { createOpenCalls, type RoleSource } from './open-calls.ts'

const identity = (username: string): ResolvedIdentity => ({
  actor: { kind: 'person', username, groups: [], userId: username, via: 'session' },
  key: `session:${username}`,
  expiresAt: null,
})
const credential = (secret: string) => ({ kind: 'session', secret }) as const

function setUp() {
  let now = 0
  /** What each caller may do: the verbs of the three roles, by how many of them they have. */
  const rank = new Map<string, number>()
  let changed: () => void = () => {}
  const roles: RoleSource = {
    decide: ({ username }, { resource, verb }) => {
      const needed = resource === 'rolebindings' ? 3 : verb === 'create' ? 2 : 1
      return { allowed: (rank.get(username) ?? 0) >= needed, reason: '' }
    },
    onChange: (handler) => {
      changed = handler
      return () => {}
    },
  }
  let revoke: (key: string) => void = () => {}
  const gone = new Map<string, AppError>()
  const identities: IdentityResolver = {
    resolve: async ({ secret }) => {
      const error = gone.get(secret)
      if (error) throw error
      return identity(secret)
    },
    onRevoked: (handler) => {
      revoke = handler
      return () => {}
    },
  }
  const calls = createOpenCalls(identities, { now: () => new Date(now), sleep: async () => {} }, roles)
  const pass = (ms: number) => {
    now += ms
  }
  return { calls, gone, rank, changed: () => changed(), revoke: (key: string) => revoke(key), pass }
}

describe('open calls', () => {
  it('end at once when their session is revoked, and only those', () => {
    const { calls, revoke } = setUp()
    const ended: string[] = []
    for (const who of ['ada', 'bob']) calls.track(credential(who), identity(who), () => void ended.push(who))
    revoke('session:ada')
    expect(ended).toEqual(['ada'])
    calls.stop()
  })

  it('end when asking again finds nobody; not while nobody can be asked, and not the young', async () => {
    const { calls, gone, pass } = setUp()
    const ended: string[] = []
    calls.track(credential('ada'), identity('ada'), () => void ended.push('ada'))
    gone.set('ada', new AppError('unauthenticated', 'gone'))
    await calls.sweep()
    expect(ended).toEqual([])
    pass(20_000)
    gone.set('ada', new AppError('unavailable', 'no database'))
    await calls.sweep()
    expect(ended).toEqual([])
    gone.set('ada', new AppError('unauthenticated', 'gone'))
    await calls.sweep()
    expect(ended).toEqual(['ada'])
    calls.stop()
  })

  it('of a workspace end when the caller becomes less there, and stay when it becomes more', async () => {
    const { calls, rank, changed } = setUp()
    const ended = new Set<string>()
    rank.set('ada', 2).set('bob', 1).set('cleo', 0)
    for (const who of ['ada', 'bob', 'cleo'])
      calls.track(credential(who), identity(who), () => void ended.add(who), 'telco')
    calls.track(credential('ada'), identity('ada'), () => void ended.add('ada elsewhere'))
    rank.set('ada', 1).set('bob', 3)
    changed()
    await eventually(() => expect([...ended]).toEqual(['ada']))
    rank.set('bob', 0)
    changed()
    await eventually(() => expect([...ended]).toEqual(['ada', 'bob']))
    calls.stop()
  })

  it('are not without number for one caller, and are free again when they end', () => {
    const { calls } = setUp()
    const ends = Array.from({ length: 1_000 }, () => calls.track(credential('ada'), identity('ada'), () => {}))
    expect(() => calls.track(credential('ada'), identity('ada'), () => {})).toThrow(AppError)
    expect(() => calls.track(credential('bob'), identity('bob'), () => {})).not.toThrow()
    ends[0]?.()
    ends[0]?.()
    expect(() => calls.track(credential('ada'), identity('ada'), () => {})).not.toThrow()
    expect(() => calls.track(credential('ada'), identity('ada'), () => {})).toThrow(AppError)
    calls.stop()
  })
})
