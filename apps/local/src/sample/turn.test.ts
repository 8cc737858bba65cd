import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SampleStep } from '@keelson/contracts/platform'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Home, openHome } from '../home/home.ts'
import { takeTurn } from './turn.ts'

const step = (id: string, status: SampleStep['status']): SampleStep => ({
  id,
  title: id,
  status,
  detail: null,
  href: null,
  startedAt: null,
  finishedAt: null,
})

describe('the turn to run the sample', () => {
  let home: Home
  beforeAll(() => {
    home = openHome(mkdtempSync(join(tmpdir(), 'keelson-turn-')))
  })
  afterAll(() => rmSync(home.path, { recursive: true }))
  const signal = () => AbortSignal.timeout(10_000)

  it('is one runner’s at a time; who waits follows its steps', async () => {
    const seen: string[] = []
    const first = await takeTurn({ home, onStep: () => {}, signal: signal() })
    const second = takeTurn({ home, onStep: ({ id, status }) => seen.push(`${id} ${status}`), signal: signal() })
    first?.onStep(step('workspace', 'running'))
    await eventually(() => seen.includes('workspace running'))
    first?.onStep(step('workspace', 'succeeded'))
    first?.onStep(step('train', 'running'))
    await eventually(() => seen.includes('train running'))
    expect(seen).toEqual(['workspace running', 'workspace succeeded', 'train running'])
    first?.release()
    const turn = await second
    expect(turn).not.toBeNull()
    turn?.release()
  })

  it('is given up when the waiting is stopped, and taken over from a process that is gone', async () => {
    const first = await takeTurn({ home, onStep: () => {}, signal: signal() })
    expect(await takeTurn({ home, onStep: () => {}, signal: AbortSignal.timeout(100) })).toBeNull()
    first?.release()
    writeFileSync(home.file('run', 'sample.json'), JSON.stringify({ pid: process.pid, startedAt: 'another boot' }))
    const next = await takeTurn({ home, onStep: () => {}, signal: signal() })
    expect(next).not.toBeNull()
    next?.release()
  })
})
