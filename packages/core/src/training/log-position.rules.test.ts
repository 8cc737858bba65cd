import { describe, expect, it } from 'vitest'
import { createCursor, type LogPosition, parseStamped } from './log-position.rules.ts'

type Line = { at: string; text: string }
const start: LogPosition = { sinceSeconds: null, count: 0 }

/** What the kubelet gives for `sinceTime`: all lines of the file that are not older, in the file's order. */
function serve(file: readonly Line[], position: LogPosition): string[] {
  const { sinceSeconds } = position
  return file
    .filter((line) => sinceSeconds === null || Date.parse(line.at) >= sinceSeconds * 1_000)
    .map((line) => `${line.at} ${line.text}`)
}

/** Reads on from `position`, but only the first `most` new lines, as if the process were killed then. */
function readOn(file: readonly Line[], position: LogPosition, kept: Line[], most: number): LogPosition {
  const newest =
    kept
      .map((line) => line.at)
      .sort()
      .at(-1) ?? null
  const cursor = createCursor(position, newest)
  let at = position
  for (const raw of serve(file, position)) {
    const line = parseStamped(raw)
    if (!line || !cursor.isNew(line)) continue
    if (most-- === 0) return at
    kept.push({ at: line.at, text: line.text })
    at = cursor.position()
  }
  return at
}

function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

/** A file whose times mostly grow, at most a second out of order, often the same for many lines. */
function makeFile(random: () => number, lines: number): Line[] {
  let ms = Date.parse('2026-01-01T00:00:00Z')
  return Array.from({ length: lines }, (_, n) => {
    if (random() < 0.4) ms += Math.floor(random() * 1_500)
    const jitter = random() < 0.2 ? Math.floor(random() * 900) : 0
    return { at: new Date(ms - jitter).toISOString().replace('Z', '123456Z'), text: `line ${n}` }
  })
}

describe('the position in a log', () => {
  it('keeps every line once, wherever the reading is broken off', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = randomFrom(seed)
      const file = makeFile(random, 120)
      const kept: Line[] = []
      let position = start
      for (let visible = 0; visible < file.length; ) {
        visible = Math.min(file.length, visible + Math.floor(random() * 30))
        position = readOn(file.slice(0, visible), position, kept, Math.floor(random() * 20))
      }
      readOn(file, position, kept, 1_000)
      expect(kept.map((line) => line.text)).toEqual(file.map((line) => line.text))
    }
  })

  it('loses nothing more when the file was rotated away in between', () => {
    const file = makeFile(randomFrom(7), 50)
    const kept: Line[] = []
    const position = readOn(file, start, kept, 1_000)
    const later = [1, 2, 3].map((n) => ({ at: `2026-01-02T00:00:0${n}Z`, text: `after ${n}` }))
    readOn(later, position, kept, 1_000)
    expect(kept.slice(-3).map((line) => line.text)).toEqual(['after 1', 'after 2', 'after 3'])
  })

  it('reads the kubelet’s time stamps, and nothing else as one', () => {
    expect(parseStamped('2026-01-01T00:00:00.5Z a b')).toEqual({
      at: '2026-01-01T00:00:00.5Z',
      seconds: 1_767_225_600,
      text: 'a b',
    })
    expect(parseStamped('2026-01-01T00:00:00Z')).toMatchObject({ text: '' })
    expect(parseStamped('hello world')).toBeNull()
    expect(parseStamped('')).toBeNull()
  })
})
