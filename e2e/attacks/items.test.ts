/** The table, the attacks and the document say the same. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Coverage, items } from './support/items.ts'

const here = import.meta.dirname
const sources = [
  ...readdirSync(join(here, 'suites')).map((name) => join(here, 'suites', name)),
  ...readdirSync(here)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(here, name)),
]

const word = (coverage: Coverage) => ('done' in coverage ? 'attacked' : `open: ${coverage.open}`)

it('has every item of the checklist once', () => {
  expect(items.map(({ number }) => number)).toEqual(Array.from({ length: 24 }, (_, index) => index + 1))
})

it.each(items)('item $number is attacked where the table says so', ({ number, kubelite, real }) => {
  const text = sources.map((path) => readFileSync(path, 'utf8')).join('\n')
  const attacked = new RegExp(`['"\`]item ${number}: `).test(text)
  expect(attacked).toBe('done' in kubelite || 'done' in real)
})

it('docs/security.md shows this table', () => {
  const document = readFileSync(join(here, '../../docs/security.md'), 'utf8')
  const shown = document.slice(document.indexOf('<!-- attacks:begin -->'), document.indexOf('<!-- attacks:end -->'))
  const cells = (line: string) => line.split('|').map((cell) => cell.trim())
  const rows = shown
    .split('\n')
    .filter((line) => /^\| +\d+ \|/.test(line))
    .map(cells)
  expect(rows).toEqual(
    items.map(({ number, title, kubelite, real }) => ['', String(number), title, word(kubelite), word(real), '']),
  )
})
