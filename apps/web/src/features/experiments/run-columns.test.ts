import type { Run } from '@keelson/contracts/experiments'
import { expect, test } from 'vitest'
import { defaultColumns, keysOf, orderBy } from './run-columns.tsx'

const run = (metrics: string[], params: string[]): Run =>
  ({
    metrics: metrics.map((key) => ({ key, value: 1, step: 0, timeMs: 0 })),
    params: params.map((key) => ({ key, value: '1' })),
  }) as Run

test('the columns that most runs have come first', () => {
  const keys = keysOf([run(['auc'], ['seed']), run(['loss', 'auc'], ['seed', 'alpha']), run(['auc'], [])])
  expect(keys).toEqual({ metrics: ['auc', 'loss'], params: ['seed', 'alpha'] })
  expect(defaultColumns(keys)).toEqual(['metrics.auc', 'metrics.loss', 'params.seed', 'params.alpha'])
})

test.each([
  ['metrics.roc_auc', true, 'metrics.`roc_auc` DESC'],
  ['metrics.val/loss (mean)', false, 'metrics.`val/loss (mean)` ASC'],
  ['params.a.b', false, 'params.`a.b` ASC'],
  ['attributes.start_time', true, 'attributes.start_time DESC'],
])('sorting by %s asks in MLflow’s grammar', (id, desc, text) => expect(orderBy(id, desc)).toBe(text))
