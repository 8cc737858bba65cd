import { describe, expect, it } from 'vitest'
import { whyNotEmbedded } from './guard.rules.ts'
import { createPasswordLimit } from './password-limit.ts'
import { defaultPeople, parsePeople, writePeople } from './people.rules.ts'

describe('whyNotEmbedded', () => {
  const local = 'http://localhost:7700'
  it('serves one’s own machine only', () => {
    expect(whyNotEmbedded({ url: local, nodeEnv: undefined, said: false })).toBeNull()
    expect(whyNotEmbedded({ url: 'http://127.0.0.1:7700', nodeEnv: 'development', said: false })).toBeNull()
    for (const url of [
      'https://keelson.example.org',
      'http://10.0.0.5:7700',
      'http://localhost.evil.org',
      'http://127.0.0.1.evil.org',
    ]) {
      expect(whyNotEmbedded({ url, nodeEnv: undefined, said: true }), url).toMatch(/only serves this machine/)
    }
  })

  it('is off in production unless it is said', () => {
    expect(whyNotEmbedded({ url: local, nodeEnv: 'production', said: false })).toMatch(/NODE_ENV=production/)
    expect(whyNotEmbedded({ url: local, nodeEnv: 'production', said: true })).toBeNull()
  })
})

describe('people.yaml', () => {
  it('comes back as it was written, with a password of its own for everybody', () => {
    const people = defaultPeople()
    expect(parsePeople(writePeople(people))).toEqual(people)
    expect(new Set(people.map((person) => person.password)).size).toBe(people.length)
    expect(people[0]).toMatchObject({ email: 'admin@keelson.local', groups: ['keelson-admins'] })
  })

  it.each([
    ['people: [', 'not YAML'],
    ['', 'not valid'],
    ['people: []', 'people'],
    ['people: [{email: a, name: b, password: cccccccc}]', 'people.0.email'],
    ['people: [{email: a@b.de, name: b, password: c}]', 'people.0.password'],
    ['people: [{email: a@b.de, name: b, password: 12345678}]', 'people.0.password'],
    ['people: [{email: a@b.de, name: b, password: cccccccc, groups: ["system:masters"]}]', 'system:'],
    ['people: [{email: a@b.de, name: b, password: cccccccc, admin: true}]', 'admin'],
    ['people: [{email: a@b.de, name: b, password: cccccccc}, {email: A@b.de, name: b, password: cccccccc}]', 'twice'],
  ])('says what is wrong with %s', (text, message) => {
    expect(() => parsePeople(text)).toThrow(message)
  })
})

describe('createPasswordLimit', () => {
  it('makes each wrong password after the fifth wait longer, and forgets after a right one', () => {
    let now = 0
    const limit = createPasswordLimit({ now: () => new Date(now), sleep: async () => {} })
    for (let tries = 0; tries < 4; tries += 1) limit.failed('a')
    expect(limit.waitMs('a')).toBe(0)
    limit.failed('a')
    expect(limit.waitMs('a')).toBe(2_000)
    limit.failed('a')
    expect(limit.waitMs('a')).toBe(4_000)
    for (let tries = 0; tries < 20; tries += 1) limit.failed('a')
    expect(limit.waitMs('a')).toBe(300_000)
    expect(limit.waitMs('b')).toBe(0)
    now += 300_000
    expect(limit.waitMs('a')).toBe(0)
    limit.succeeded('a')
    limit.failed('a')
    expect(limit.waitMs('a')).toBe(0)
  })
})
