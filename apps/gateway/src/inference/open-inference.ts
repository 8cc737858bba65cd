import { randomUUID } from 'node:crypto'
import { watchRoutes } from '@keelson/core/serving'
import type { Adapter, AdapterOptions } from '../front/route.ts'
import { inferenceGate, inferenceRoute } from './inference.ts'
import { shapeReader } from './model-shape.ts'
import { createPredictionLog } from './prediction-log.ts'
import { openUpstreams } from './upstream.ts'

/** The inference door: a watched table of routes, pools to replicas, and the prediction log. */
export function openInference({ base, log, signal }: AdapterOptions): Adapter {
  const routes = watchRoutes(base.kube, signal)
  const upstreams = openUpstreams()
  const reading = { routes, upstreams, clock: base.clock }
  const predictions = createPredictionLog({ db: base.db, clock: base.clock, log, shapeOf: shapeReader(reading) })
  const parts = { ...reading, log: predictions }
  base.inference = inferenceGate(parts, randomUUID)
  const table = {
    name: 'inference-routes',
    start: async () => ({
      done: new Promise<void>(() => {}),
      stop: async () => {
        routes.stop()
        await upstreams.close()
      },
    }),
  }
  return { routes: [inferenceRoute(parts)], services: [table, predictions.service] }
}
