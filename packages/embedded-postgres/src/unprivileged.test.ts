import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { isRoot, spawnUnprivileged } from './unprivileged.ts'

const possible = process.platform === 'linux' && isRoot() && spawnSync('setpriv', ['--version']).status === 0
const folder = mkdtempSync(join(tmpdir(), 'keelson-closed-'))
afterAll(() => rmSync(folder, { recursive: true }))

test.skipIf(!possible)(
  'a program in a folder that is closed to others may be asked for and run, but not changed',
  async () => {
    const inside = join(folder, 'private')
    mkdirSync(inside)
    const program = join(inside, 'program')
    writeFileSync(program, '#!/bin/sh\nexit 7\n')
    chmodSync(program, 0o755)
    chmodSync(inside, 0o700)
    // As initdb looks for postgres: first access(2) (which Node calls, and a shell does not), then exec.
    const script = `
    const { accessSync, constants, writeFileSync } = require('node:fs')
    try { accessSync(${JSON.stringify(program)}, constants.X_OK) } catch { process.exit(1) }
    try { writeFileSync(${JSON.stringify(join(inside, 'new'))}, ''); process.exit(2) } catch {}
    process.exit(require('node:child_process').spawnSync(${JSON.stringify(program)}).status)`
    const child = spawnUnprivileged(process.execPath, ['-e', script], [program], { stdio: 'ignore' })
    expect(await once(child, 'exit')).toEqual([7, null])
  },
)
