import { describe, expect, it } from 'vitest'
import { metricsOfLine, progressOf } from './metric-line.rules.ts'

const read = (text: string) => {
  const found = metricsOfLine(text)
  return found && { step: found.step, ...Object.fromEntries(found.values) }
}

describe('metricsOfLine', () => {
  it.each([
    ['epoch=2 loss=0.25, val/accuracy=.9', { step: 2, loss: 0.25, 'val/accuracy': 0.9 }],
    ['2026-01-02T03:04:05Z INFO Validation-accuracy = 1e-3', { step: null, 'Validation-accuracy': 0.001 }],
    ['step=7 loss=-1.5e+2', { step: 7, loss: -150 }],
    ['{"step": 3, "loss": 0.2, "name": "x", "nan": null}', { step: 3, loss: 0.2 }],
  ])('%s', (text, wanted) => expect(read(text)).toEqual(wanted))

  it.each([
    'no number here',
    'url=http://a/?x=1',
    'version=1.2.3',
    'a==1',
    'step=4',
    '{"broken": 1',
    '[1, 2]',
    `loss=1 ${'x'.repeat(10_001)}`,
    `${'a'.repeat(9_000)}=`,
    `${'a'.repeat(200)}=1`,
    `x=${'1'.repeat(9_000)}`,
    'x=1e999',
    '{"a\\u0000b": 1}',
    '--learning-rate=0.1',
    'size=3px',
  ])('nothing in %s', (text) => expect(read(text)).toBeNull())
})

it.each([
  ['progress=40%', 40],
  ['progress=0.4', 40],
  ['progress: 75', 75],
  ['{"progress": 0.5}', 50],
  ['progress=140', null],
  ['in progress', null],
  ['no_progress=3', null],
])('progressOf %s', (text, wanted) => expect(progressOf(text)).toBe(wanted))

it('walks a hostile line once', () => {
  for (const hostile of ['a|'.repeat(4_999), 'a='.repeat(4_999), `x=${'1'.repeat(9_990)}`, 'progress'.repeat(1_249)]) {
    for (let times = 0; times < 200; times += 1) {
      expect(metricsOfLine(hostile)).toBeNull()
      expect(progressOf(`${hostile} progress`)).toBeNull()
    }
  }
})
