/** Dockerfiles by hadolint, docker-compose.yml by Compose's own reader. No engine runs them here. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { needTool, repository, runTool } from './tools.ts'

type Service = { environment?: Record<string, string>; volumes?: string[]; build?: { dockerfile: string } }
const composeFile = join(repository, 'docker-compose.yml')
const compose = () => parse(readFileSync(composeFile, 'utf8')) as { services: Record<string, Service> }
/** What `.env` must hold, as docs/how-to/run-on-a-cluster.md tells. */
const settings = [
  'DEX_ADMIN_PASSWORD_HASH',
  'KEELSON_ADVERTISED_URL',
  'KEELSON_OIDC_CLIENT_SECRET',
  'KEELSON_POSTGRES_PASSWORD',
]

test('the Dockerfiles have nothing that hadolint warns of', (context) => {
  const hadolint = needTool('hadolint', context)
  const files = readdirSync(join(repository, 'deploy/docker')).filter((name) => name.endsWith('ockerfile'))
  expect(files.length).toBeGreaterThan(1)
  const { code, stdout } = runTool(
    hadolint,
    files.map((name) => join(repository, 'deploy/docker', name)),
  )
  expect(stdout).toBe('')
  expect(code).toBe(0)
})

test('docker-compose.yml conforms to the Compose Specification', (context) => {
  const command = needTool('compose', context)
  // Its reader fills in no variables from anywhere, so required ones would be missing.
  const { code, stdout, stderr } = runTool(command, ['-no-interpolation', 'docker-compose.yml'], { cwd: repository })
  expect(code, stderr).toBe(0)
  const read = parse(stdout) as { services: Record<string, { depends_on?: object }> }
  expect(Object.keys(read.services.keelson?.depends_on ?? {}).sort()).toEqual(['dex', 'k3s', 'postgres'])
})

test('every setting that docker-compose.yml requires is told in the how-to', () => {
  const text = readFileSync(composeFile, 'utf8')
  const required = [...text.matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name)
  expect([...new Set(required)].sort()).toEqual(settings)
  const howTo = readFileSync(join(repository, 'docs/how-to/run-on-a-cluster.md'), 'utf8')
  for (const name of settings) expect(howTo).toContain(name)
})

test('what the files of deploy/ name is there', () => {
  const { services } = compose()
  expect(Object.keys(services).sort()).toEqual(['dex', 'k3s', 'keelson', 'minio', 'postgres'])
  expect(existsSync(join(repository, services.keelson?.build?.dockerfile ?? '-'))).toBe(true)
  const mounted = Object.values(services).flatMap(({ volumes = [] }) => volumes.filter((each) => each.startsWith('./')))
  for (const path of mounted.map((each) => each.split(':')[0] ?? '').filter((path) => !path.endsWith('/out')))
    expect(existsSync(join(repository, path)), path).toBe(true)
  const targets = readFileSync(join(repository, 'deploy/docker/pods.Dockerfile'), 'utf8')
  const table = parse(readFileSync(join(repository, 'packages/kubelite/src/images/images.yaml'), 'utf8')) as {
    images: object
  }
  const ours = Object.keys(table.images).filter((name) => name.startsWith('keelson/'))
  for (const name of ours) expect(targets, name).toContain(`AS ${name.slice('keelson/'.length).replace(/:.*/, '')}\n`)
})
