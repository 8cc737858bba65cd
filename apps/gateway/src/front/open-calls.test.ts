import type { IdentityResolver, ResolvedIdentity } from '@keelson/core/access'
import { AppError } from '@keelson/process/app-error'
import { describe, expect, it } from 'vitest'
import { createOpenCalls } from './open-calls.ts'

const identity = (username: string): ResolvedIdentity => ({
  actor: { kind: 'person', username, groups: [], userId: username, via: 'session' },
  key: `session:${username}`,
  expiresAt: null,
})
const credential = (secret: string) => ({ kind: 'session', secret }) as const

function setUp() {
  let now = 0
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
  const calls = createOpenCalls(identities, { now: () => new Date(now), sleep: async () => {} })
  const pass = (ms: number) => {
    now += ms
  }
  return { calls, gone, revoke: (key: string) => revoke(key), pass }
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
