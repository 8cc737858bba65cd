import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('docs/reference/env.md says what the env.ts files say', () => {
  const script = join(import.meta.dirname, 'env-reference.ts')
  const args = ['--conditions=react-server', '--disable-warning=ExperimentalWarning', script, '--check']
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})
