import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { HostEnvironment } from './env.ts'

/** pip's options that say where packages come from, by their long names: `index-url`, `find-links`, `cert` … */
export type PipSettings = Readonly<Record<string, string>>

/** What we take over: the mirror, its certificates and the way to it. Everything else is pip's own business. */
const wanted = ['index-url', 'extra-index-url', 'find-links', 'no-index', 'cert', 'trusted-host', 'proxy', 'timeout']

/**
 * The settings of one pip configuration file (INI, `[install]` over `[global]`, continuation lines indented). Follows
 * https://pip.pypa.io/en/stable/topics/configuration/.
 */
export function parsePipConfig(text: string): PipSettings {
  const sections: Record<string, Record<string, string>> = {}
  let section = ''
  let key = ''
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue
    const header = /^\[([^\]]+)\]\s*$/.exec(line)
    if (header) {
      section = header[1] ?? ''
      key = ''
      continue
    }
    const values = sections[section] ?? {}
    sections[section] = values
    if (/^\s/.test(line)) {
      if (key !== '') values[key] = `${values[key] ?? ''}\n${line.trim()}`.trim()
      continue
    }
    const pair = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line)
    if (!pair) continue
    key = (pair[1] ?? '').trim().toLowerCase().replaceAll('_', '-')
    values[key] = (pair[2] ?? '').trim()
  }
  return pick({ ...sections.global, ...sections.install })
}

/** The machine's pip settings: configuration files in pip's order, then `PIP_…` variables over them. */
export function pipSettings(env: HostEnvironment, read: (path: string) => string | null = readOrNull): PipSettings {
  const home = env.HOME ?? homedir()
  const files =
    env.PIP_CONFIG_FILE === '/dev/null'
      ? []
      : [
          ...(env.XDG_CONFIG_DIRS ?? '/etc/xdg').split(':').map((folder) => join(folder, 'pip/pip.conf')),
          '/etc/pip.conf',
          join(home, '.pip/pip.conf'),
          join(env.XDG_CONFIG_HOME ?? join(home, '.config'), 'pip/pip.conf'),
          join(home, 'Library/Application Support/pip/pip.conf'),
          ...(env.PIP_CONFIG_FILE === undefined ? [] : [env.PIP_CONFIG_FILE]),
        ]
  let settings: PipSettings = {}
  for (const file of files) {
    const text = read(file)
    if (text !== null) settings = { ...settings, ...parsePipConfig(text) }
  }
  const fromEnv = Object.fromEntries(
    wanted.map((key) => [key, env[`PIP_${key.toUpperCase().replaceAll('-', '_')}`] ?? '']),
  )
  return { ...settings, ...pick(fromEnv) }
}

/**
 * The same settings in uv's words (https://docs.astral.sh/uv/reference/environment/). A `UV_…` variable that the person
 * has set already wins.
 */
export function uvEnvironment(settings: PipSettings, env: HostEnvironment): Record<string, string> {
  const words = (key: string) => (settings[key] ?? '').split(/\s+/).filter((word) => word !== '')
  const asked: Record<string, string> = {}
  if (settings['index-url']) asked.UV_DEFAULT_INDEX = settings['index-url']
  const extra = words('extra-index-url')
  if (extra.length > 0) {
    asked.UV_INDEX = extra.join(' ')
    // pip looks at all indexes alike. The lock's hashes keep that safe.
    asked.UV_INDEX_STRATEGY = 'unsafe-best-match'
  }
  const links = words('find-links')
  if (links.length > 0) asked.UV_FIND_LINKS = links.join(',')
  if (/^(1|true|yes|on)$/i.test(settings['no-index'] ?? '')) asked.UV_NO_INDEX = '1'
  if (settings.cert) asked.SSL_CERT_FILE = settings.cert
  const hosts = words('trusted-host')
  if (hosts.length > 0) asked.UV_INSECURE_HOST = hosts.join(' ')
  if (settings.proxy) asked.ALL_PROXY = settings.proxy
  if (/^\d+$/.test(settings.timeout ?? '')) asked.UV_HTTP_TIMEOUT = settings.timeout ?? ''
  if (env.UV_INDEX_URL !== undefined) delete asked.UV_DEFAULT_INDEX
  return Object.fromEntries(Object.entries(asked).filter(([key]) => env[key] === undefined || env[key] === ''))
}

function pick(values: Readonly<Record<string, string>>): PipSettings {
  return Object.fromEntries(Object.entries(values).filter(([key, value]) => wanted.includes(key) && value !== ''))
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
