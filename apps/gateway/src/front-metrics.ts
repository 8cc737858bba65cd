import { createMetrics, durationBuckets, type MetricsRegistry } from '@keelson/process/metrics'

export type FrontMetrics = {
  registry: MetricsRegistry
  /** Counts a request as open; the returned function counts it as done. */
  open(): (route: string, method: string, status: number, seconds: number) => void
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const statuses = ['1xx', '2xx', '3xx', '4xx', '5xx']

export function createFrontMetrics(routeNames: readonly string[]): FrontMetrics {
  const registry = createMetrics()
  const route = [...new Set([...routeNames, 'none'])]
  const total = registry.counter('gateway_requests_total', 'Requests answered, by route, method and class of status.', {
    route,
    method: methods,
    status: statuses,
  })
  const duration = registry.histogram(
    'gateway_request_duration_seconds',
    'Time until the answer was complete.',
    { route },
    durationBuckets,
  )
  const openNow = registry.gauge('gateway_open_requests', 'Requests and streams that are open.', {})
  return {
    registry,
    open: () => {
      openNow.add({}, 1)
      return (at, method, status, seconds) => {
        openNow.add({}, -1)
        total.increment({ route: at, method, status: `${Math.floor(status / 100)}xx` })
        duration.observe({ route: at }, seconds)
      }
    },
  }
}
