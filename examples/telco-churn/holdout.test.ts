import { expect, test } from 'vitest'
import { parseHoldout, v1Request, v2Request } from './holdout.ts'

const csv = 'tenure,total_charges,contract,churn\n1,29.85,"Month, to month",0\n0,,"Two ""year""",1\n'

test('cells are typed by column, empty cells are null, the label is taken out', () => {
  expect(parseHoldout(csv)).toEqual({
    columns: ['tenure', 'total_charges', 'contract'],
    rows: [
      [1, 29.85, 'Month, to month'],
      [0, null, 'Two "year"'],
    ],
    labels: [0, 1],
  })
})

test('a trailing empty cell is kept', () => {
  expect(parseHoldout('churn,a\n1,\n0,2\n').rows).toEqual([[null], [2]])
})

test('a file without labels is refused by name', () => {
  expect(() => parseHoldout('a,b\n1,2\n')).toThrow('no column churn')
})

test('both protocols carry the same row', () => {
  const holdout = parseHoldout(csv)
  expect(v1Request(holdout, 1)).toEqual({ instances: [{ tenure: 0, total_charges: null, contract: 'Two "year"' }] })
  expect(v2Request(holdout, 0, new Map([['tenure', 'FP64']]), 'r1')).toEqual({
    id: 'r1',
    inputs: [
      { name: 'tenure', shape: [1], datatype: 'FP64', data: [1] },
      { name: 'total_charges', shape: [1], datatype: 'BYTES', data: [29.85] },
      { name: 'contract', shape: [1], datatype: 'BYTES', data: ['Month, to month'] },
    ],
  })
})
