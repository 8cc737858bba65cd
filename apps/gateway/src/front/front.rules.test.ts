import { AppError } from '@keelson/process/app-error'
import { describe, expect, it } from 'vitest'
import { checkOrigin, checkReader, credentialOf } from './credential.rules.ts'
import { isIdentityHeader, stripIdentityHeaders, withoutCookies } from './header.rules.ts'
import { matcherOf } from './match.rules.ts'
import type { FrontRoute } from './route.ts'
import { judgeHost, parseTarget } from './target.rules.ts'

describe('parseTarget', () => {
  it.each(['/', '/w/telco?next=..', '/a/b%20c', '/workspaces/telco/mlflow/api/2.0/x', '/..a/b..', '/a/...', '/a%2Fb'])(
    'takes %s',
    (url) => {
      expect(parseTarget(url).path).toBe(url.split('?')[0])
    },
  )

  it.each([
    'http://evil/',
    '//evil/x',
    '*',
    '',
    '/a/../b',
    '/a/..',
    '/./a',
    '/a/%2e%2e/b',
    '/a/%2E./b',
    '/a%2f..%2fb',
    '/a/%252e%252e%252fb',
    '/a\\..\\b',
    '/a%5c..%5cb',
    '/a/..;/b',
    '/a%00b',
    '/%zz',
    '/%ff',
    '/a#b',
  ])('refuses %s', (url) => {
    expect(() => parseTarget(url)).toThrow(AppError)
  })
})

describe('judgeHost', () => {
  const rules = { url: 'http://localhost:7700', podUrl: 'http://10.0.0.1:7700' }
  const judge = (hosts: string[], wanted = false) =>
    judgeHost(
      hosts.flatMap((host) => ['Host', host]),
      rules,
      { target: { path: '/w/a', search: 'x=1' }, wanted },
    )

  it('takes its own names only', () => {
    expect(judge(['localhost:7700']).kind).toBe('own')
    expect(judge(['LOCALHOST:7700']).kind).toBe('own')
    expect(judge(['10.0.0.1:7700']).kind).toBe('alias')
    for (const host of [
      'localhost',
      'evil.example',
      'localhost:7701',
      'localhost.evil.example:7700',
      '127.0.0.1:7700',
      'localhost:7700@evil',
    ]) {
      expect(judge([host]).kind, host).toBe('refused')
    }
  })

  it('refuses none and two', () => {
    expect(judge([]).kind).toBe('refused')
    expect(judge(['localhost:7700', 'evil.example']).kind).toBe('refused')
    expect(judge(['localhost:7700', 'localhost:7700']).kind).toBe('refused')
  })

  it('sends pages that were asked for at 127.0.0.1 to localhost', () => {
    expect(judge(['127.0.0.1:7700'], true)).toEqual({ kind: 'redirect', to: 'http://localhost:7700/w/a?x=1' })
    expect(judge(['[::1]:7700'], true).kind).toBe('redirect')
    expect(judge(['evil.example:7700'], true).kind).toBe('refused')
  })
})

describe('credentialOf', () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

  it('reads Bearer, the password of Basic, and the cookie, in this order', () => {
    expect(credentialOf({ authorization: 'Bearer kls_a', cookie: 'keelson-session=b' })).toEqual({
      kind: 'token',
      secret: 'kls_a',
    })
    expect(credentialOf({ authorization: basic('anybody:kls_a:b') })).toEqual({ kind: 'token', secret: 'kls_a:b' })
    expect(credentialOf({ cookie: 'a=1; keelson-session=b; c=2' })).toEqual({ kind: 'session', secret: 'b' })
    expect(credentialOf({ cookie: 'xkeelson-session=b; keelson-session=' })).toBeNull()
    expect(credentialOf({})).toBeNull()
  })

  it.each(['Bearer', 'Bearer a b', 'Digest x', basic('nopassword'), basic('user:'), 'Negotiate abc'])(
    'refuses %s',
    (authorization) => {
      expect(() => credentialOf({ authorization })).toThrow(AppError)
    },
  )

  it('refuses a cookie that was planted beside the real one', () => {
    expect(() => credentialOf({ cookie: 'keelson-session=a; keelson-session=b' })).toThrow('twice')
  })
})

describe('checkOrigin', () => {
  const origin = 'http://localhost:7700'
  const send =
    (method: string, headers: Record<string, string>, isUpgrade = false) =>
    () =>
      checkOrigin({ method, headers, isUpgrade }, origin)
  const cookie = 'keelson-session=a'

  it('takes changes from its own pages, and from those who bring a token', () => {
    expect(send('POST', { cookie, origin })).not.toThrow()
    expect(send('POST', { cookie, 'sec-fetch-site': 'same-origin' })).not.toThrow()
    expect(send('POST', { authorization: 'Bearer x', origin: 'https://evil.example' })).not.toThrow()
    expect(send('POST', {})).not.toThrow()
    expect(send('GET', { cookie, origin: 'https://evil.example' })).not.toThrow()
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('refuses a foreign %s with a cookie', (method) => {
    for (const foreign of [
      'https://evil.example',
      'null',
      'http://localhost:7701',
      'http://127.0.0.1:7700',
      'https://localhost:7700',
    ]) {
      expect(send(method, { cookie, origin: foreign }), foreign).toThrow(AppError)
    }
    expect(send(method, { cookie })).toThrow(AppError)
    expect(send(method, { cookie, 'sec-fetch-site': 'same-site' })).toThrow(AppError)
    expect(send(method, { cookie, origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' })).toThrow(AppError)
  })

  it('refuses a foreign WebSocket with a cookie, and a foreign script that reads with one', () => {
    expect(send('GET', { cookie, origin: 'https://evil.example' }, true)).toThrow(AppError)
    expect(send('GET', { cookie, origin }, true)).not.toThrow()
    expect(() => checkReader({ cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).toThrow(AppError)
    expect(() => checkReader({ cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).not.toThrow()
    expect(() => checkReader({ cookie, 'sec-fetch-site': 'same-origin' })).not.toThrow()
  })
})

describe('identity headers', () => {
  it.each([
    'X-Forwarded-User',
    'X-Forwarded-For',
    'Forwarded',
    'kubeflow-userid',
    'Kubeflow-Groups',
    'Impersonate-User',
    'Impersonate-Extra-x',
    'Remote-User',
    'X-Remote-Group',
    'X-Goog-Authenticated-User-Email',
    'X-Auth-Request-Email',
    'X-User',
    'X-Middleware-Subrequest',
    'X-Original-URL',
  ])('never believes %s', (name) => {
    expect(isIdentityHeader(name)).toBe(true)
  })

  it('leaves other headers, and takes those out of the raw ones too', () => {
    const request = {
      headers: { 'x-forwarded-user': 'a', accept: 'b', 'x-mlflow-workspace': 'c' },
      rawHeaders: ['X-Forwarded-User', 'a', 'Accept', 'b', 'x-forwarded-USER', 'd'],
    }
    stripIdentityHeaders(request)
    expect(request).toEqual({ headers: { accept: 'b', 'x-mlflow-workspace': 'c' }, rawHeaders: ['Accept', 'b'] })
  })

  it('takes single cookies out', () => {
    expect(withoutCookies('a=1; keelson-session=2; b=3', (name) => ['keelson-session'].includes(name))).toBe('a=1; b=3')
    expect(withoutCookies('keelson-session=2', (name) => ['keelson-session'].includes(name))).toBeUndefined()
  })
})

describe('matcherOf', () => {
  const route = (name: string, pattern: string): FrontRoute => ({ name, pattern, handle: async () => {} })
  const match = matcherOf([
    route('mlflow', '/workspaces/:workspace/mlflow/*'),
    route('health', '/healthz'),
    route('web', '/*'),
  ])

  it('gives the first that fits, with its parts', () => {
    const found = match('/workspaces/telco/mlflow/api/2.0/a%20b', 'x=1')
    expect(found?.route.name).toBe('mlflow')
    expect(found?.match).toMatchObject({ params: { workspace: 'telco' }, rest: 'api/2.0/a%20b' })
    expect(found?.match.query.get('x')).toBe('1')
    expect(match('/workspaces/telco/mlflow', '')?.match.rest).toBe('')
    expect(match('/healthz', '')?.route.name).toBe('health')
    expect(match('/workspaces//mlflow/x', '')?.route.name).toBe('web')
  })

  it('refuses a part with a hidden slash', () => {
    expect(() => match('/workspaces/a%2Fb/mlflow/x', '')).toThrow(AppError)
  })
})
