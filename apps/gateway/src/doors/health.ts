import { sendText } from '@keelson/process/http-body'
import { type MetricsRegistry, metricsContentType } from '@keelson/process/metrics'
import type { FrontRoute } from '../front/route.ts'

/** For probes and Prometheus. They tell nothing about anybody, so they ask for nobody. */
export function healthRoutes(options: { ready: () => Promise<void>; metrics: () => MetricsRegistry }): FrontRoute[] {
  const open = { name: 'health', identity: 'none', anyHost: true, maxBodyBytes: 0 } as const
  return [
    { ...open, pattern: '/healthz', handle: async ({ response }) => sendText(response, 200, 'ok\n') },
    {
      ...open,
      pattern: '/readyz',
      handle: async ({ response }) => {
        await options.ready()
        sendText(response, 200, 'ok\n')
      },
    },
    {
      ...open,
      pattern: '/metrics',
      handle: async ({ response }) =>
        sendText(response, 200, options.metrics().render(), { 'content-type': metricsContentType }),
    },
  ]
}
