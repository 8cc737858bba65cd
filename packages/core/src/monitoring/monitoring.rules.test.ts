import { describe, expect, it } from 'vitest'
import { parseCsv } from './csv.rules.ts'
import { compareWithReference, referenceSample } from './drift-report.rules.ts'
import { stepOf } from './get-monitoring.ts'
import { parseCall } from './logged-call.rules.ts'
import { classOf, qualityOf, qualitySeries } from './quality.rules.ts'

const shape = { inputs: ['age', 'plan'], classes: ['0', '1'] }
const call = (protocol: 'v1' | 'v2', request: unknown, response: unknown, status = 200) =>
  parseCall(
    { protocol, requestId: 'r1', status },
    { request: typeof request === 'string' ? request : JSON.stringify(request), response: JSON.stringify(response) },
    shape,
  )

describe('a logged call', () => {
  it('of V1 is read by name, from objects and from lists', () => {
    expect(
      call(
        'v1',
        { instances: [{ age: 1, plan: 'a' }, [2, 'b']] },
        {
          predictions: [1, 0],
          probabilities: [
            [0.2, 0.8],
            [0.9, 0.1],
          ],
        },
      ),
    ).toEqual({
      requestId: 'r1',
      rows: [
        { features: { age: 1, plan: 'a' }, prediction: 1, scores: { 0: 0.2, 1: 0.8 } },
        { features: { age: 2, plan: 'b' }, prediction: 0, scores: { 0: 0.9, 1: 0.1 } },
      ],
    })
  })

  it('of V2 takes the id of the answer, and tensors apart by row', () => {
    const inputs = [
      { name: 'age', shape: [2, 1], datatype: 'FP64', data: [[1], [2]] },
      { name: 'plan', shape: [2], datatype: 'BYTES', data: ['a', null] },
    ]
    const outputs = [
      { name: 'predict', shape: [2], data: [1, 0] },
      { name: 'predict_proba', shape: [2, 2], data: [0.2, 0.8, 0.9, 0.1] },
    ]
    expect(call('v2', { inputs }, { id: 'mine', outputs })).toEqual({
      requestId: 'mine',
      rows: [
        { features: { age: 1, plan: 'a' }, prediction: 1, scores: { 0: 0.2, 1: 0.8 } },
        { features: { age: 2, plan: null }, prediction: 0, scores: { 0: 0.9, 1: 0.1 } },
      ],
    })
    const matrix = call(
      'v2',
      { inputs: [{ name: 'x', shape: [1, 2], data: [7, 8] }] },
      { outputs: [{ name: 'predict_proba', shape: [1, 2], data: [0.5, 0.5] }] },
    )
    expect(matrix.rows).toEqual([{ features: { age: 7, plan: 8 }, prediction: [0.5, 0.5], scores: { 0: 0.5, 1: 0.5 } }])
  })

  it('never throws on what it cannot read', () => {
    for (const [request, response] of [
      ['{', {}],
      [[], []],
      [{ instances: 1 }, { predictions: 1 }],
      [{ inputs: [null, {}] }, { outputs: [{}] }],
      [{ inputs: 4 }, { outputs: [{ shape: ['a'], data: {} }] }],
    ] as const) {
      for (const protocol of ['v1', 'v2'] as const) expect(call(protocol, request, response).rows).toEqual([])
    }
    expect(call('v1', { instances: [[1, 'a']] }, { error: 'no' }, 400).rows).toEqual([])
  })
})

describe('quality', () => {
  const row = (label: unknown, prediction: unknown, positive?: number, minute = 0) => ({
    at: new Date(minute * 60_000),
    label,
    prediction,
    scores: positive === undefined ? null : { No: 1 - positive, Yes: positive },
  })
  it('takes labels however they are written', () => {
    expect(['1', 1, 1.0, true, ' 1 '].map(classOf)).toEqual(['1', '1', '1', '1', '1'])
    expect([null, [], {}, Number.NaN].map(classOf)).toEqual([null, null, null, null])
  })
  it('counts right answers and ranks scores', () => {
    expect(qualityOf([])).toEqual({ labelled: 0, accuracy: null, rocAuc: null })
    expect(qualityOf([row('1', 1), row(0, 1), row(true, 1), row('x', null)])).toEqual({
      labelled: 4,
      accuracy: 2 / 3,
      rocAuc: null,
    })
    expect(
      qualityOf([row('Yes', 'Yes', 0.9), row('No', 'No', 0.2), row('Yes', 'No', 0.4), row('No', 'Yes', 0.6)]).rocAuc,
    ).toBe(0.75)
    expect(
      qualitySeries([row('1', 1, undefined, 3), row('1', 0, undefined, 1)], 60_000).map((point) => [
        point.at,
        point.accuracy,
      ]),
    ).toEqual([
      ['1970-01-01T00:01:00.000Z', 0],
      ['1970-01-01T00:03:00.000Z', 1],
    ])
  })
})

describe('the reference table', () => {
  it('is read with quotes, CRLF, a mark at its start and empty cells', () => {
    const table = parseCsv('\uFEFFa,"b ""x"""\r\n1,"two, lines\nhere"\r\n,\r\n')
    expect([...table.values]).toEqual([
      ['a', ['1', '']],
      ['b "x"', ['two, lines\nhere', '']],
    ])
    expect(parseCsv('a,b\n1,').values.get('b')).toEqual([''])
  })
  it('says which line is wrong', () => {
    expect(() => parseCsv('')).toThrow('empty')
    expect(() => parseCsv('a,b\n1,2\n3')).toThrow('Row 2')
    expect(() => parseCsv('a\n"x')).toThrow('inside quotes')
  })
  it('makes numbers of columns of numbers alone', () => {
    expect(referenceSample(['1', '', '2.5', 'NaN'])).toEqual({ kind: 'number', values: Float64Array.of(1, 2.5) })
    expect(referenceSample(['1', 'a'])).toEqual({ kind: 'category', values: ['1', 'a'] })
  })
  it('is compared with the features that both have', () => {
    const lines = Array.from({ length: 1200 }, (_, i) => `${i % 50},${i % 2 ? 'a' : 'b'},x`)
    const reference = parseCsv(`age,plan,unused\n${lines.join('\n')}`)
    const same = compareWithReference(
      reference,
      Array.from({ length: 300 }, (_, i) => ({ age: i % 50, plan: i % 2 ? 'a' : 'b' })),
    )
    expect(same).toMatchObject({ share: 0, drifted: false })
    expect(same.features.map((feature) => feature.feature)).toEqual(['age', 'plan'])
    const moved = compareWithReference(
      reference,
      Array.from({ length: 300 }, (_, i) => ({ age: 40 + (i % 50), plan: i % 2 ? 'a' : 'b' })),
    )
    expect(moved).toMatchObject({
      share: 0.5,
      drifted: true,
      features: [
        { feature: 'age', drifted: true },
        { feature: 'plan', drifted: false },
      ],
    })
    expect(compareWithReference(reference, [])).toEqual({ share: 0, drifted: false, features: [] })
  })
})

it('steps are never more than sixty', () => {
  for (const window of [1, 60_000, 3_600_000, 86_400_000, 30 * 86_400_000, 400 * 86_400_000])
    expect(window / stepOf(window)).toBeLessThanOrEqual(60)
})
