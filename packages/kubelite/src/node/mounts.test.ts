import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { detectMountMode, type Mount, mountScript, quote, unshareWords } from './mounts.ts'

const podDir = mkdtempSync(join(tmpdir(), 'mounts-'))
const attemptDir = join(podDir, 'attempt')
const mode = detectMountMode()

beforeAll(() => {
  for (const folder of ['attempt/mnt', 'attempt/work', 'volume', 'other'])
    mkdirSync(join(podDir, folder), { recursive: true })
  writeFileSync(join(podDir, 'volume/file'), 'content')
  writeFileSync(join(podDir, 'single'), 'alone')
})
afterAll(() => rmSync(podDir, { recursive: true, force: true }))

function run(mounts: Mount[], ...command: string[]): { code: number | null; out: string; startError: string } {
  if (mode === 'none') throw new Error('unreachable')
  const script = mountScript({ podDir, attemptDir, workDir: join(attemptDir, 'work'), mounts })
  rmSync(join(attemptDir, 'start-error'), { force: true })
  const [first = '', ...rest] = [...unshareWords(mode), '/bin/sh', '-c', script, 'sh', ...command]
  const done = spawnSync(first, rest, { cwd: podDir, encoding: 'utf8' })
  const errorFile = join(attemptDir, 'start-error')
  return {
    code: done.status,
    out: done.stdout + done.stderr,
    startError: existsSync(errorFile) ? readFileSync(errorFile, 'utf8') : '',
  }
}
const folder = (target: string, more: Partial<Mount> = {}): Mount => ({
  source: join(podDir, 'volume'),
  target,
  readOnly: false,
  file: false,
  ...more,
})

describe('quote', () => {
  it.each(['plain', "it's", '$(touch /tmp/x) `id` "', 'a\nb', ''])('%j is one word', (word) => {
    expect(execFileSync('/bin/sh', ['-c', `printf %s ${quote(word)}`], { encoding: 'utf8' })).toBe(word)
  })
})

describe.skipIf(mode === 'none')('mountScript', () => {
  it('mounts where the host has nothing: below the root, below a folder, as a single file', () => {
    const mounts = [
      folder('/made/up/deep'),
      folder('/var/run/secrets/x', { readOnly: true }),
      folder('/etc/made-up.conf', { source: join(podDir, 'single'), file: true }),
    ]
    const { code, out } = run(
      mounts,
      'sh',
      '-c',
      'cat /made/up/deep/file /etc/made-up.conf; ls /var/run/secrets/x; touch /var/run/secrets/x/no 2>/dev/null || echo read-only; test -e /etc/passwd && test -d /proc/1 && echo whole; : > /dev/null && echo devices',
    )
    expect(code).toBe(0)
    expect(out).toBe('contentalonefile\nread-only\nwhole\ndevices\n')
    for (const path of ['/made', '/run/secrets/x', '/etc/made-up.conf']) expect(existsSync(path)).toBe(false)
  })

  it('mounts over what the host has, also over a parent of the pod’s own folder, and one in the other', () => {
    const { out, code } = run(
      [folder('/tmp'), folder('/tmp/inner', { source: join(podDir, 'other') }), folder('/mnt')],
      'sh',
      '-c',
      'ls /tmp /mnt; echo here > /tmp/inner/new',
    )
    expect(code).toBe(0)
    expect(out).toContain('file')
    expect(readFileSync(join(podDir, 'other/new'), 'utf8')).toBe('here\n')
    expect(readdirSync('/mnt')).not.toContain('file')
    rmSync(join(podDir, 'volume/inner'), { recursive: true, force: true })
  })

  it('says why nothing ran', () => {
    expect(run([folder('/made-up')], 'no-such-program')).toMatchObject({
      code: 128,
      startError: 'exec: "no-such-program": executable file not found in $PATH',
    })
    expect(run([folder('/made-up', { source: join(podDir, 'gone') })], 'true')).toMatchObject({
      code: 128,
      startError: 'mounting /made-up failed',
    })
  })

  it('leaves no mount on the host', () => {
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(podDir)
  })
})
