import { expect, test } from 'vitest'
import { readJson } from './go-json.ts'

test.each([
  ['{"a":[1,{"b":null}],"c":"\\u00e9"}', ''],
  ['', 'unexpected end of JSON input'],
  ['{"a":tru', 'unexpected end of JSON input'],
  ['{"a":trux}', "invalid character 'x' in literal true (expecting 'e')"],
  ['{"a":"\\q"}', "invalid character 'q' in string escape code"],
  ['{"a":-x}', "invalid character 'x' in numeric literal"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
])('%j', (text, fault) => {
  expect(readJson(text).fault).toBe(fault)
})

test('fields that come twice, with their paths', () => {
  expect(readJson('{"a":1,"a":2,"l":[{"x":1},{"x":1,"x":2}],"m":{"y":1,"y":1}}').duplicates).toEqual([
    'a',
    'l[1].x',
    'm.y',
  ])
})
