/** The tools that look at deploy/: from a variable or the PATH; tests are skipped with the reason where one is missing. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import type { TestContext } from 'vitest'

export const repository = resolve(import.meta.dirname, '../..')
export const chart = join(repository, 'deploy/helm/keelson')

const variables = { helm: 'KEELSON_TEST_HELM', hadolint: 'KEELSON_TEST_HADOLINT', compose: 'KEELSON_TEST_COMPOSE' }

/** The path of the tool, or null. Compose's own reader has no name of its own on a PATH. */
export function findTool(tool: keyof typeof variables): string | null {
  const given = process.env[variables[tool]]
  if (given) return given
  if (tool === 'compose') return null
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.map((folder) => join(folder, tool)).find(isProgram) ?? null
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export function needTool(tool: keyof typeof variables, context: TestContext): string {
  return (
    findTool(tool) ?? context.skip(`${tool} is not here: pnpm test:deploy brings it (${variables[tool]} names one)`)
  )
}

export type Ran = { code: number | null; stdout: string; stderr: string }

export function runTool(command: string, args: readonly string[], options: { cwd?: string; env?: object } = {}): Ran {
  const done = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
  })
  if (done.error) throw done.error
  return { code: done.status, stdout: done.stdout, stderr: done.stderr }
}
