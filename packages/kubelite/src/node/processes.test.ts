import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isAlive, killContainerProcesses, markedProcesses, parseStat, processStartTime } from './processes.ts'

describe('processes', () => {
  it('reads a stat line whose program name has spaces and parentheses', () => {
    const line = `42 (a (b) c) S 1 40 39 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000 10 18446744073709551615`
    expect(parseStat(line)).toEqual({ pid: 42, state: 'S', ppid: 1, pgid: 40, session: 39, startTime: '987654' })
    expect(parseStat('garbage')).toBeNull()
  })

  it('tells a process from another one with its pid', async () => {
    const startTime = await processStartTime(process.pid)
    expect(startTime).not.toBeNull()
    expect(await isAlive({ pid: process.pid, startTime: startTime ?? '' })).toBe(true)
    expect(await isAlive({ pid: process.pid, startTime: 'other' })).toBe(false)
    expect(await processStartTime(2 ** 22 - 1)).toBeNull()
  })

  it('kills a group only when it is the one that was started', async () => {
    const child = spawn('sleep', ['100'], { detached: true })
    const ended = new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)))
    const pid = child.pid ?? 0
    const startTime = (await processStartTime(pid)) ?? ''
    expect(await killContainerProcesses({ pid, startTime: `${startTime}0` }, 'no-such-mark')).toBe(0)
    expect(await isAlive({ pid, startTime })).toBe(true)
    expect(await killContainerProcesses({ pid, startTime }, 'no-such-mark')).toBe(1)
    expect(await ended).toBe('SIGKILL')
  })

  it.skipIf(process.platform !== 'linux')(
    'leaves none, not even one that is forked meanwhile or still dying',
    async () => {
      for (let round = 0; round < 5; round += 1) {
        const mark = `test-${process.pid}-${round}`
        const forks = 'while :; do sleep 0.01 & sleep 0.005; done'
        const script = `setsid sh -c '${forks}' & setsid sh -c '${forks}' & echo up; ${forks}`
        const child = spawn('sh', ['-c', script], {
          detached: true,
          stdio: ['ignore', 'pipe', 'ignore'],
          env: { ...process.env, KEELSON_CONTAINER: mark },
        })
        const pid = child.pid ?? 0
        await new Promise((resolve) => child.stdout.once('data', resolve))
        const startTime = (await processStartTime(pid)) ?? ''
        expect(await killContainerProcesses({ pid, startTime }, mark)).toBeGreaterThan(0)
        expect(await markedProcesses(mark)).toEqual([])
      }
    },
  )

  it.skipIf(process.platform !== 'linux')('sees a process that is always between two programs', async () => {
    const mark = `exec-${process.pid}`
    const folder = await mkdtemp(join(tmpdir(), 'kubelite-exec-'))
    const script = join(folder, 'again.sh')
    // It ends by itself, whatever becomes of this test.
    await writeFile(script, `[ $1 -gt 0 ] && exec sh ${script} $(($1 - 1))\n`)
    const child = spawn('sh', [script, '20000'], {
      stdio: 'ignore',
      env: { PATH: process.env.PATH, KEELSON_CONTAINER: mark },
    })
    let ended = false
    child.once('exit', () => {
      ended = true
    })
    try {
      const looks: boolean[] = []
      for (const until = Date.now() + 1_500; Date.now() < until; ) {
        const found = (await markedProcesses(mark)).includes(child.pid ?? 0)
        if (!ended) looks.push(found)
      }
      expect(looks.length).toBeGreaterThan(0)
      expect(looks.filter((found) => !found)).toEqual([])
    } finally {
      child.kill('SIGKILL')
      await rm(folder, { recursive: true })
    }
  })
})
