import { expect, test } from 'vitest'
import { isTouched } from './topics.ts'

const key = (path: string) => [path.split('.'), { input: {}, type: 'query' }]

test('a topic touches the queries that show it and no others', () => {
  expect(isTouched(key('jobs.list'), ['jobs'])).toBe(true)
  expect(isTouched(key('jobs.logs'), ['jobs'])).toBe(false)
  expect(isTouched(key('jobs.logs'), ['logs'])).toBe(true)
  expect(isTouched(key('models.getVersion'), ['endpoints'])).toBe(true)
  expect(isTouched(key('models.list'), ['jobs', 'models'])).toBe(true)
})

test('a name that only begins alike is another query', () => {
  expect(isTouched(key('runsheet.list'), ['runs'])).toBe(false)
  expect(isTouched(['something else'], ['runs'])).toBe(false)
})
