/**
 * Runs the sample project in a process of its own, beside the platform. Its code is the example's, reached by path as a
 * person would run it, so that the launcher does not depend on an example. The order comes over the channel.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { SampleStep } from '@keelson/contracts/platform'
import { root } from '../env.ts'
import { type SampleOrder, type SampleReport, sampleFailed, sampleSucceeded } from './messages.ts'

type RunSample = (options: {
  url: string
  tokens: { owner: string; approver: string }
  viewer?: string
  signal: AbortSignal
  onStep: (step: SampleStep) => void
}) => Promise<{ ok: boolean; steps: SampleStep[] }>

const stopping = new AbortController()
process.once('SIGTERM', () => stopping.abort())
process.once('disconnect', () => process.exit(1))

const send = (report: SampleReport) =>
  new Promise<void>((resolve) => (process.send === undefined ? resolve() : process.send(report, () => resolve())))

process.once('message', async (order: SampleOrder) => {
  const entry = pathToFileURL(join(root, 'examples/telco-churn/run.ts')).href
  const { runSample } = (await import(entry)) as { runSample: RunSample }
  const result = await runSample({
    url: order.url,
    tokens: order.tokens,
    ...(order.viewer === null ? {} : { viewer: order.viewer }),
    signal: stopping.signal,
    onStep: (step) => void send({ step }),
  })
  await send({ result })
  process.exit(stopping.signal.aborted ? 1 : result.ok ? sampleSucceeded : sampleFailed)
})
