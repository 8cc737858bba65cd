import { describe, expect, it } from 'vitest'
import { sentenceOf } from './sentence.ts'

describe('sentenceOf', () => {
  it.each([
    ['labels.submit', 'endpoint/churn/labels', 'Labels sent for endpoint churn'],
    ['jobs.submit', 'job/train-churn-job', 'Submitted job train-churn-job'],
    ['models.register', 'model/team/churn/versions/12', 'Registered team/churn version 12'],
    ['workspaces.removeContributor', 'contributor/vera@example.org', 'Removed vera@example.org from the workspace'],
    ['runs.delete', 'run/04d58b8c61364610910c0c7e1292d19d', 'Deleted run 04d58b8c'],
    ['artifacts.delete', 'artifact/a/$&/c', 'Deleted artifact a/$&/c'],
  ])('%s of %s', (action, subject, sentence) => {
    expect(sentenceOf(action, subject)).toBe(sentence)
  })

  it('tells what became true', () => {
    expect(sentenceOf('workspaces.addContributor', 'contributor/vera@example.org', { role: 'viewer' })).toBe(
      'Added vera@example.org as viewer',
    )
    const facts = { stage: 'Production', model: 'churn', version: 3 }
    expect(sentenceOf('models.approveTransition', 'model/churn/versions/1', facts)).toBe(
      'Approved the move of churn version 1 to Production',
    )
    expect(sentenceOf('endpoints.deploy', 'endpoint/shop', facts)).toBe('Deployed churn version 3 to endpoint shop')
  })

  it('says an action that it does not know as it is', () => {
    expect(sentenceOf('pipelines.pause', 'pipeline/nightly')).toBe('pipelines.pause pipeline/nightly')
  })
})
