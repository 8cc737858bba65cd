/**
 * The sample project, from an empty platform to a served and monitored churn model, through the doors that anybody's work
 * goes through. Every step looks at the world first and only does what is missing, so a run that was cut off at any moment
 * is simply run again.
 */
import type { SampleProgress, SampleStep } from '@keelson/contracts/platform'
import { connect } from './client.ts'
import { type Facts, type Sample, type Step, StepFailure } from './sample.ts'
import { deploy, invoke, lineage, monitor, sendHoldout } from './serve.ts'
import { approve, gate, train, version, workspace } from './train.ts'

export type SampleOptions = {
  /** The platform's address, without a trailing slash. */
  url: string
  /** A token of the person who owns the workspace, and of the one who approves for Production. */
  tokens: { owner: string; approver: string }
  workspace?: string
  /** User name of a person who is let into the workspace to look. */
  viewer?: string
  signal: AbortSignal
  /** Called whenever a step changes. */
  onStep: (step: SampleStep) => void
}

export type SampleResult = { ok: boolean; steps: SampleStep[] }

const steps: readonly Step[] = [workspace, train, version, gate, approve, deploy, invoke, sendHoldout, monitor, lineage]

/** Runs what is missing. Never throws for a step that failed: its reason is in the result, and later steps stay pending. */
export async function runSample(options: SampleOptions): Promise<SampleResult> {
  const startedAt = new Date().toISOString()
  const sample: Sample = {
    url: options.url,
    workspace: options.workspace ?? 'telco',
    owner: connect(options.url, options.tokens.owner),
    approver: connect(options.url, options.tokens.approver),
    ownerToken: options.tokens.owner,
    viewer: options.viewer ?? null,
    signal: options.signal,
    detail: () => {},
  }
  const progress: SampleStep[] = steps.map(({ id, title }) => ({
    id,
    title,
    status: 'pending',
    detail: null,
    href: null,
    startedAt: null,
    finishedAt: null,
  }))
  const report = (index: number, change: Partial<SampleStep>) => {
    const now = { ...progress[index], ...change } as SampleStep
    progress[index] = now
    options.onStep(now)
  }
  const tell = (finishedAt: string | null = null) => tellDashboard(sample, { startedAt, finishedAt, steps: progress })
  let facts: Facts = {}
  for (const [index, step] of steps.entries()) {
    report(index, { status: 'running', startedAt: new Date().toISOString() })
    await tell()
    const told = throttled(tell)
    try {
      const outcome = await step.run({ ...sample, detail: (detail) => (report(index, { detail }), told()) }, facts)
      facts = { ...facts, ...outcome.facts }
      report(index, {
        status: 'succeeded',
        detail: outcome.detail,
        href: outcome.href,
        finishedAt: new Date().toISOString(),
      })
    } catch (error) {
      report(index, {
        status: 'failed',
        detail: reasonOf(error),
        href: error instanceof StepFailure ? error.href : null,
        finishedAt: new Date().toISOString(),
      })
      await tell()
      return { ok: false, steps: progress }
    }
  }
  await tell(new Date().toISOString())
  return { ok: true, steps: progress }
}

/** Shows the progress on the home page. The workspace may not exist yet, and a lost line must not fail the sample. */
async function tellDashboard(sample: Sample, progress: Omit<SampleProgress, 'workspace'>): Promise<void> {
  const { steps, ...times } = progress
  await sample.owner.platform.reportSample
    .mutate({ workspace: sample.workspace, ...times, steps: [...steps] })
    .catch(() => {})
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

const reportEveryMs = 500

function throttled(tell: () => Promise<void>): () => void {
  let last = 0
  return () => {
    if (Date.now() - last < reportEveryMs) return
    last = Date.now()
    void tell()
  }
}
