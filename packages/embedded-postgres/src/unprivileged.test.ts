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
    // As initdb looks for postgres: first access(2), then exec.
    const script = `test -x "${program}" || exit 1; touch "${inside}/new" 2>/dev/null && exit 2; exec "${program}"`
    const child = spawnUnprivileged('/bin/sh', ['-c', script], [program], { stdio: 'ignore' })
    expect(await once(child, 'exit')).toEqual([7, null])
  },
)
