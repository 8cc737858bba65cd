import type { EndpointMonitoring, GetMonitoring } from '@keelson/contracts/monitoring'
import type { z } from 'zod'
import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { existingEndpoint } from '../serving/index.ts'
import {
  countPredictions,
  findFirstRequest,
  findLastDrift,
  readLabelled,
  readLatency,
  readTraffic,
} from './monitoring.store.ts'
import { qualityOf, qualitySeries } from './quality.rules.ts'

const mostPoints = 60
const shortestStepMs = 1_000
const mostLabelled = 50_000

/** Traffic, latency, quality by the labels so far, and the last drift report of an endpoint. */
export async function getMonitoring(ctx: Ctx, input: z.infer<typeof GetMonitoring>): Promise<EndpointMonitoring> {
  await allow(ctx, { verb: 'get', resource: 'predictions', namespace: input.workspace })
  const { endpoint } = await existingEndpoint(ctx, input.workspace, input.endpoint)
  const now = ctx.clock.now().getTime()
  const since = new Date(Math.max(0, now - input.sinceMs))
  const [counts, latency, labelled, drift, first] = await Promise.all([
    countPredictions(ctx.db, endpoint.uid, since),
    readLatency(ctx.db, endpoint.uid, since),
    readLabelled(ctx.db, endpoint.uid, since, mostLabelled),
    findLastDrift(ctx.db, endpoint.uid),
    findFirstRequest(ctx.db, endpoint.uid, since),
  ])
  // An endpoint that is minutes old is not shown in windows of half an hour.
  const stepMs = stepOf(first === null ? input.sinceMs : Math.min(input.sinceMs, now - first.getTime()))
  const { accuracy, rocAuc } = qualityOf(labelled)
  return {
    endpoint: input.endpoint,
    ...counts,
    accuracy,
    rocAuc,
    latency,
    traffic: await readTraffic(ctx.db, endpoint.uid, since, stepMs),
    quality: qualitySeries(labelled, stepMs),
    drift,
  }
}

/** A step that people read easily and that makes no more than sixty windows. */
export function stepOf(windowMs: number): number {
  const steps = [1_000, 5_000, 15_000, 30_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000, 21_600_000, 86_400_000]
  return (
    steps.find((step) => step >= Math.max(shortestStepMs, windowMs / mostPoints)) ??
    Math.ceil(windowMs / mostPoints / 86_400_000) * 86_400_000
  )
}
