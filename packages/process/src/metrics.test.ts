import { describe, expect, it } from 'vitest'
import { createMetrics } from './metrics.ts'

describe('metrics', () => {
  it('has every series at zero before anything happened, and counts what is not on the list as other', () => {
    const metrics = createMetrics()
    const counter = metrics.counter('gateway_requests_total', 'Requests.', { route: ['trpc', 'web'], status: ['2xx'] })
    expect(metrics.render()).toContain('gateway_requests_total{route="web",status="2xx"} 0\n')
    counter.increment({ route: 'trpc', status: '2xx' })
    counter.increment({ route: '/../"evil"\n', status: '2xx' }, 2)
    const text = metrics.render()
    expect(text).toContain('gateway_requests_total{route="trpc",status="2xx"} 1\n')
    expect(text).toContain('gateway_requests_total{route="other",status="2xx"} 2\n')
    expect(text).not.toContain('evil')
  })

  it('keeps histogram buckets cumulative', () => {
    const metrics = createMetrics()
    const histogram = metrics.histogram('gateway_wait_seconds', 'Waits.', {}, [0.1, 1])
    for (const value of [0.05, 0.5, 5]) histogram.observe({}, value)
    expect(metrics.render()).toContain(
      [
        'gateway_wait_seconds_bucket{le="0.1"} 1',
        'gateway_wait_seconds_bucket{le="1"} 2',
        'gateway_wait_seconds_bucket{le="+Inf"} 3',
        'gateway_wait_seconds_sum 5.55',
        'gateway_wait_seconds_count 3',
      ].join('\n'),
    )
  })

  it('refuses a name twice, a bad name and labels that are not bounded', () => {
    const metrics = createMetrics()
    metrics.gauge('open_sockets', 'Open.', {})
    expect(() => metrics.gauge('open_sockets', 'Open.', {})).toThrow('twice')
    expect(() => metrics.gauge('Open-Sockets', 'Open.', {})).toThrow('no metric name')
    const many = Array.from({ length: 3_000 }, (_, index) => String(index))
    expect(() => metrics.counter('too_many_total', 'Many.', { id: many })).toThrow('bounded')
  })
})
