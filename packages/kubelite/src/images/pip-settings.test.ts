import { describe, expect, it } from 'vitest'
import { parsePipConfig, pipSettings, uvEnvironment } from './pip-settings.ts'
import { isNewEnough } from './python.ts'

describe('pip settings', () => {
  it('reads files as pip does: sections, continuation lines, comments', () => {
    const text =
      '[global]\n# mirror\nindex-url = https://mirror.example/simple\ntrusted_host: mirror.example\n[install]\nfind-links =\n    /wheels\n    https://wheels.example\n[freeze]\ntimeout = 10\nno equals sign\n'
    expect(parsePipConfig(text)).toEqual({
      'index-url': 'https://mirror.example/simple',
      'trusted-host': 'mirror.example',
      'find-links': '/wheels\nhttps://wheels.example',
    })
    expect(parsePipConfig('no = section\n\u0000\u0001')).toEqual({})
  })

  it('lets variables win over files and nearer files over farther ones', () => {
    const files: Record<string, string> = {
      '/etc/pip.conf': '[global]\nindex-url=https://far\ncert=/far.crt',
      '/home/me/.config/pip/pip.conf': '[global]\nindex-url=https://near',
    }
    const read = (path: string) => files[path] ?? null
    expect(pipSettings({ HOME: '/home/me' }, read)).toEqual({ 'index-url': 'https://near', cert: '/far.crt' })
    expect(pipSettings({ HOME: '/home/me', PIP_INDEX_URL: 'https://variable' }, read)).toMatchObject({
      'index-url': 'https://variable',
    })
    expect(pipSettings({ HOME: '/home/me', PIP_CONFIG_FILE: '/dev/null' }, read)).toEqual({})
  })

  it('says the same to uv, and never over a person’s own uv settings', () => {
    const settings = {
      'index-url': 'https://a',
      'extra-index-url': 'https://b\nhttps://c',
      'find-links': '/x /y',
      cert: '/c.pem',
      'trusted-host': 'h',
      proxy: 'http://p',
      timeout: '60',
    }
    expect(uvEnvironment(settings, {})).toEqual({
      UV_DEFAULT_INDEX: 'https://a',
      UV_INDEX: 'https://b https://c',
      UV_INDEX_STRATEGY: 'unsafe-best-match',
      UV_FIND_LINKS: '/x,/y',
      SSL_CERT_FILE: '/c.pem',
      UV_INSECURE_HOST: 'h',
      ALL_PROXY: 'http://p',
      UV_HTTP_TIMEOUT: '60',
    })
    expect(
      uvEnvironment(settings, { UV_DEFAULT_INDEX: 'https://mine', SSL_CERT_FILE: '/mine.pem' }),
    ).not.toHaveProperty('UV_DEFAULT_INDEX')
    expect(uvEnvironment({}, {})).toEqual({})
  })
})

describe('isNewEnough', () => {
  it.each([
    ['3.10.0', true],
    ['3.14.0rc2', true],
    ['4.0.0', true],
    ['3.9.18', false],
    ['2.7.18', false],
    ['', false],
  ])('%s: %s', (version, expected) => expect(isNewEnough(version)).toBe(expected))
})
