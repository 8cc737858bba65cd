import { describe, expect, it } from 'vitest'
import { safeCallback } from './callback.rules.ts'

const base = 'http://localhost:7700'

describe('safeCallback', () => {
  it.each([
    ['/w/telco/jobs?page=2#x', '/w/telco/jobs?page=2#x'],
    ['http://localhost:7700/w/telco', '/w/telco'],
    ['/', '/'],
  ])('keeps the page %s', (wanted, path) => {
    expect(safeCallback(wanted, base)).toBe(path)
  })

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'http://localhost:7700//evil.example',
    'http://localhost:7700@evil.example/',
    'http://localhost:7701/',
    'http://127.0.0.1:7700/',
    'javascript:alert(1)',
    'data:text/html,x',
    '/\t/evil.example',
    '/api/auth/end',
    '/oidc/session/end',
    '/login',
    '',
    null,
    undefined,
  ])('sends %s home', (wanted) => {
    expect(safeCallback(wanted, base)).toBe('/')
  })
})
