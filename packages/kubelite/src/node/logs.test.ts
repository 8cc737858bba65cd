import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@keelson/process/clock'
import { afterAll, describe, expect, it } from 'vitest'
import type { Attempt } from './attempt.ts'
import { parseCriRecord } from './cri-log.ts'
import { attemptToRead, readAttemptLog } from './logs.ts'
import type { ContainerView } from './pod-plan.ts'

const dir = mkdtempSync(join(tmpdir(), 'log-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const ended = { exitCode: 0, signal: 0, startedAt: '', finishedAt: '' }
const attempt: Attempt = {
  dir,
  number: 0,
  spec: { id: 'x', argv: [], env: {}, cwd: '', image: '', imageId: '', crashes: 0, namespaced: false, createdAt: '' },
  started: null,
  exit: ended,
}

async function read(options: Partial<Parameters<typeof readAttemptLog>[1]> = {}): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of readAttemptLog(
    attempt,
    { previous: false, follow: false, timestamps: false, ...options },
    systemClock,
    new AbortController().signal,
  ))
    chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
function parse(line: string): string | null {
  const bytes = Buffer.from(line)
  const record = parseCriRecord(bytes, 0, bytes.length)
  return record === null ? null : bytes.toString('utf8', record.textFrom)
}
const stamp = (second: number) => `2026-01-01T00:00:0${second}.000000000Z`

describe('reading a log', () => {
  writeFileSync(
    join(dir, 'log'),
    [
      `${stamp(1)} stdout F one`,
      `${stamp(2)} stdout P two-`,
      `${stamp(2)} stdout F end`,
      `${stamp(3)} stderr F `,
      `${stamp(4)} stdout F vier ✓`,
      `${stamp(5)} stdout F cut o`,
    ].join('\n'),
  )

  it('joins pieces, keeps empty lines, and leaves out what is not yet whole', async () => {
    expect(await read()).toBe('one\ntwo-end\n\nvier ✓\n')
    expect(await read({ timestamps: true })).toBe(
      `${stamp(1)} one\n${stamp(2)} two-end\n${stamp(3)} \n${stamp(4)} vier ✓\n`,
    )
  })

  it('tails by lines of text', async () => {
    expect(await read({ tailLines: 0 })).toBe('')
    expect(await read({ tailLines: 2 })).toBe('vier ✓\n')
    writeFileSync(
      join(dir, 'log'),
      [
        `${stamp(1)} stdout F one`,
        `${stamp(2)} stdout P two-`,
        `${stamp(2)} stdout F end`,
        `${stamp(4)} stdout F four`,
        '',
      ].join('\n'),
    )
    expect(await read({ tailLines: 1 })).toBe('four\n')
    expect(await read({ tailLines: 2 })).toBe('two-end\nfour\n')
    expect(await read({ tailLines: 99 })).toBe('one\ntwo-end\nfour\n')
    const many = Array.from({ length: 5_000 }, (_, index) => `${stamp(1)} stdout F ${'x'.repeat(40)} ${index}`)
    writeFileSync(join(dir, 'log'), `${many.join('\n')}\n`)
    expect((await read({ tailLines: 3_000 })).split('\n').length).toBe(3_001)
    expect((await read()).split('\n').length).toBe(5_001)
  })

  it('begins at a time and ends at a number of bytes', async () => {
    writeFileSync(
      join(dir, 'log'),
      [`${stamp(1)} stdout F one`, `${stamp(2)} stdout F two`, `${stamp(3)} stdout F three`, ''].join('\n'),
    )
    expect(await read({ sinceTime: '2026-01-01T00:00:02Z' })).toBe('two\nthree\n')
    expect(await read({ sinceTime: '2026-01-01T01:00:02+01:00' })).toBe('two\nthree\n')
    expect(await read({ limitBytes: 6 })).toBe('one\ntw')
    expect(await read({ sinceSeconds: 1 })).toBe('')
  })

  it('goes on from file to file, and back from the last one for a tail', async () => {
    writeFileSync(join(dir, 'log'), `${stamp(1)} stdout F one\n${stamp(1)} stdout P tw`)
    writeFileSync(join(dir, 'log.2'), `${stamp(2)} stdout F three\n${stamp(2)} stdout F four\n`)
    writeFileSync(join(dir, 'log.10'), `${stamp(3)} stdout F five\n`)
    try {
      expect(await read()).toBe('one\nthree\nfour\nfive\n')
      expect(await read({ tailLines: 2 })).toBe('four\nfive\n')
      expect(await read({ tailLines: 3 })).toBe('three\nfour\nfive\n')
      expect(await read({ tailLines: 99 })).toBe('one\nthree\nfour\nfive\n')
      expect(await read({ tailLines: 0 })).toBe('')
      expect(await read({ sinceTime: '2026-01-01T00:00:02Z', limitBytes: 8 })).toBe('three\nfo')
    } finally {
      for (const name of ['log.2', 'log.10']) rmSync(join(dir, name))
    }
  })

  it('follows into the next file, and over one that was removed before it was read', async () => {
    const running: Attempt = { ...attempt, exit: null, dir: mkdtempSync(join(dir, 'follow-')) }
    const file = (name: string, text: string) =>
      writeFileSync(join(running.dir, name), `${stamp(1)} stdout F ${text}\n`)
    file('log', 'one')
    const lines = readAttemptLog(
      running,
      { previous: false, follow: true, timestamps: false },
      systemClock,
      AbortSignal.timeout(10_000),
    )
    const next = async () => Buffer.from((await lines.next()).value ?? '').toString()
    expect(await next()).toBe('one\n')
    file('log.1', 'two')
    expect(await next()).toBe('two\n')
    file('log.7', 'seven')
    rmSync(join(running.dir, 'log.1'))
    expect(await next()).toBe('seven\n')
    writeFileSync(join(running.dir, 'spec.json'), JSON.stringify(running.spec))
    writeFileSync(join(running.dir, 'exit.json'), JSON.stringify(ended))
    expect((await lines.next()).done).toBe(true)
  })

  it('keeps bytes as they are, also where a piece ends within a letter', async () => {
    const bytes = Buffer.from('ä✓')
    writeFileSync(
      join(dir, 'log'),
      Buffer.concat([
        Buffer.from(`${stamp(1)} stdout P `),
        bytes.subarray(0, 3),
        Buffer.from(`\n${stamp(1)} stdout F `),
        bytes.subarray(3),
        Buffer.from('\n'),
      ]),
    )
    expect(await read()).toBe('ä✓\n')
  })

  it('refuses lines that are none', () => {
    for (const line of ['', 'x', `${stamp(1)} stdin F x`, `${stamp(1)} stdout X x`]) expect(parse(line)).toBeNull()
    expect(parse(`${stamp(1)} stdout F  two spaces`)).toBe(' two spaces')
    expect(parse(`${stamp(1)} stdout F`)).toBe('')
  })
})

describe('which log is meant', () => {
  const view = (name: string, more: Partial<ContainerView> = {}): ContainerView => ({
    spec: { name },
    init: false,
    current: null,
    previous: null,
    waiting: null,
    notBefore: 0,
    hooking: false,
    started: true,
    ready: true,
    ...more,
  })
  const ask = (views: ContainerView[], container?: string, previous = false) =>
    attemptToRead(
      views,
      { namespace: 'd', name: 'p' },
      { previous, follow: false, timestamps: false, ...(container ? { container } : {}) },
    ).then(
      () => '',
      (error) => error.message,
    )

  it('is said in Kubernetes’ words when there is none', async () => {
    expect(await ask([view('a'), view('b')])).toBe('a container name must be specified for pod p, choose one of: [a b]')
    expect(await ask([view('a')], 'z')).toBe('container z is not valid for pod p')
    expect(await ask([view('a')])).toBe('container "a" in pod "p" is waiting to start: ContainerCreating')
    expect(await ask([view('i', { init: true }), view('a')], 'a')).toBe(
      'container "a" in pod "p" is waiting to start: PodInitializing',
    )
    expect(await ask([view('a', { waiting: { reason: 'ErrImagePull', message: '' } })])).toBe(
      'container "a" in pod "p" is waiting to start: image can\'t be pulled',
    )
    expect(await ask([view('a', { waiting: { reason: 'ImagePullBackOff', message: '' } })])).toBe(
      'container "a" in pod "p" is waiting to start: trying and failing to pull image',
    )
    expect(await ask([view('a')], 'a', true)).toBe('previous terminated container "a" in pod "p" not found')
  })
})
