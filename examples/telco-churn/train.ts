/** The first half of the sample: the workspace, the training job, the registered version and its way to Production. */
import { readFileSync } from 'node:fs'
import {
  again,
  ensure,
  type Facts,
  jobName,
  modelName,
  need,
  type Sample,
  type Step,
  StepFailure,
  until,
} from './sample.ts'

const minimumAuc = 0.83
const environmentLimitMs = 20 * 60_000

export const workspace: Step = {
  id: 'workspace',
  title: 'Workspace',
  async run(sample) {
    const find = async () => (await sample.owner.workspaces.list.query()).find(({ name }) => name === sample.workspace)
    await ensure(sample, 'making the workspace', find, () =>
      sample.owner.workspaces.create.mutate({ name: sample.workspace }),
    )
    const ready = await until(sample, 'making the workspace ready', 60_000, async () => {
      const now = await find()
      return now?.status.status === 'ready' ? now : undefined
    })
    if (sample.viewer) await admitViewer(sample, sample.viewer)
    return { detail: `${ready.name}, owned by ${ready.owner}`, href: `/w/${sample.workspace}` }
  },
}

async function admitViewer(sample: Sample, viewer: string): Promise<void> {
  const { workspace } = sample
  const find = async () =>
    (await sample.owner.workspaces.listContributors.query({ workspace })).find(({ subject }) => subject === viewer)
  await ensure(sample, 'letting the viewer in', find, () =>
    sample.owner.workspaces.addContributor.mutate({ workspace, subjectKind: 'User', subject: viewer, role: 'viewer' }),
  )
}

export const train: Step = {
  id: 'train',
  title: 'Training job',
  async run(sample) {
    const findJob = async () => {
      const page = await sample.owner.jobs.list.query({ workspace: sample.workspace, limit: 200 })
      return page.items.find((job) => job.name === jobName && (job.exists || job.status.status === 'succeeded'))
    }
    const known = await again(sample, 'asking for the jobs', findJob)
    if (!known) {
      const yaml = readFileSync(new URL('job.yaml', import.meta.url), 'utf8')
      // The list follows the cluster a moment later, so it is the answer that tells whether the job is there.
      await again(sample, 'submitting the job', () => submitOnce(sample, yaml))
    }
    const done = await until(sample, 'the training job', environmentLimitMs, async () => {
      const job = await findJob()
      if (!job) return undefined
      if (job.status.status === 'failed')
        throw new StepFailure(
          `${job.status.reason ?? 'Failed'}: ${job.status.message ?? 'see its log'}`,
          `/w/${sample.workspace}/jobs/${job.uid}`,
        )
      sample.detail(await describeJob(sample, job.uid, job.status.message ?? job.status.status))
      return job.status.status === 'succeeded' ? job : undefined
    })
    const { best, baseline } = await until(sample, 'reading the runs', 30_000, () => readRuns(sample, done.uid))
    if (best.auc < minimumAuc)
      throw new StepFailure(
        `the best ROC AUC is ${best.auc.toFixed(4)}, below ${minimumAuc}`,
        `/w/${sample.workspace}/jobs/${done.uid}`,
      )
    return {
      detail: `${best.name}: held-out ROC AUC ${best.auc.toFixed(4)} (contract alone: ${baseline.auc.toFixed(4)})`,
      href: `/w/${sample.workspace}/jobs/${done.uid}`,
      facts: { jobUid: done.uid, bestRun: best.id, baselineRun: baseline.id },
    }
  },
}

async function submitOnce(sample: Sample, yaml: string) {
  try {
    await sample.owner.jobs.submit.mutate({ workspace: sample.workspace, yaml, dryRun: false })
  } catch (error) {
    const isThere = (error as { data?: { httpStatus?: number } | null }).data?.httpStatus === 409
    if (!isThere) throw error
  }
}

/** The newest thing that happened to the job: an event of its pods (the environment being built), or its own state. */
async function describeJob(sample: Sample, uid: string, otherwise: string): Promise<string> {
  const { pods } = await sample.owner.jobs.get.query({ workspace: sample.workspace, uid })
  const pod = pods.at(-1)
  if (!pod || pod.status.status !== 'pending') return otherwise
  const { items } = await sample.owner.activity.list.query({
    workspace: sample.workspace,
    objectUid: pod.uid,
    limit: 1,
  })
  return items[0]?.message ?? pod.status.message ?? otherwise
}

type Scored = { id: string; name: string; auc: number }

async function readRuns(sample: Sample, jobUid: string): Promise<{ best: Scored; baseline: Scored } | undefined> {
  const { items: experiments } = await sample.owner.experiments.list.query({ workspace: sample.workspace })
  const experiment = experiments.find(({ name }) => name === 'telco-churn')
  if (!experiment) return undefined
  const { items } = await sample.owner.runs.search.query({
    workspace: sample.workspace,
    experimentId: experiment.id,
    limit: 200,
  })
  const finished = items.filter((run) => run.jobUid === jobUid && run.status === 'FINISHED')
  const scored = (role: string): Scored[] =>
    finished
      .filter((run) => run.tags.some((tag) => tag.key === 'keelson.role' && tag.value === role))
      .map((run) => ({ id: run.id, name: run.name, auc: run.metrics.find(({ key }) => key === 'roc_auc')?.value ?? 0 }))
      .sort((left, right) => right.auc - left.auc)
  const best = scored('candidate')[0]
  const baseline = scored('baseline')[0]
  return best && baseline ? { best, baseline } : undefined
}

export const version: Step = {
  id: 'version',
  title: 'Model version',
  async run(sample, facts) {
    const { versions } = await again(sample, 'reading the model', () =>
      sample.owner.models.get.query({ workspace: sample.workspace, name: modelName }),
    )
    const run = need(facts, 'bestRun')
    // A training that is the same as an earlier one (data, code, seed) keeps the earlier one's version.
    const mine = versions.find(({ runId }) => runId === run) ?? versions.at(0)
    if (!mine) throw new StepFailure('the job registered no version', `/w/${sample.workspace}/models/${modelName}`)
    const detail = await again(sample, 'reading the version', () =>
      sample.owner.models.getVersion.query({ workspace: sample.workspace, name: modelName, version: mine.version }),
    )
    const columns = detail.signature?.inputs.length ?? 0
    if (columns === 0)
      throw new StepFailure(
        'the version has no signature',
        `/w/${sample.workspace}/models/${modelName}/versions/${mine.version}`,
      )
    return {
      detail: `${modelName} version ${mine.version}, ${columns} input columns, from run ${detail.runName ?? mine.runId ?? ''}`,
      href: `/w/${sample.workspace}/models/${modelName}/versions/${mine.version}`,
      facts: { version: mine.version },
    }
  },
}

export const gate: Step = {
  id: 'gate',
  title: 'Gate into Staging',
  async run(sample, facts) {
    const number = need(facts, 'version')
    const target = { workspace: sample.workspace, name: modelName, version: number }
    const read = () => sample.owner.models.getVersion.query(target)
    const href = `/w/${sample.workspace}/models/${modelName}/versions/${number}`
    const entered = async () => {
      const now = await read()
      return now.version.stage === 'None' ? undefined : now
    }
    const state = await ensure(sample, 'asking the gate', entered, () => askGate(sample, facts, target))
    const passed = state.transitions.findLast(({ to, state: how }) => to === 'Staging' && how === 'applied')
    if (!passed?.gate?.passed)
      throw new StepFailure(state.transitions.at(-1)?.gate?.reason ?? 'the gate did not let it pass', href)
    return { detail: passed.gate.reason, href }
  },
}

async function askGate(
  sample: Sample,
  facts: Facts,
  target: { workspace: string; name: string; version: number },
): Promise<void> {
  await sample.owner.models.setGate.mutate({
    workspace: sample.workspace,
    model: modelName,
    stage: 'Staging',
    metric: 'roc_auc',
    higherIsBetter: true,
    minimum: minimumAuc,
    minimumImprovement: 0.01,
    baselineRunId: need(facts, 'baselineRun'),
  })
  const asked = await sample.owner.models.requestTransition.mutate({
    ...target,
    to: 'Staging',
    reason: 'Trained by the sample job',
  })
  if (asked.state === 'refused')
    throw new StepFailure(
      asked.gate?.reason ?? 'the gate did not let it pass',
      `/w/${target.workspace}/models/${target.name}/versions/${target.version}`,
    )
}

export const approve: Step = {
  id: 'approve',
  title: 'Approval for Production',
  async run(sample, facts) {
    const number = need(facts, 'version')
    const target = { workspace: sample.workspace, name: modelName, version: number }
    const href = `/w/${sample.workspace}/models/${modelName}/versions/${number}`
    const read = () => sample.owner.models.getVersion.query(target)
    const approved = async () => {
      const now = await read()
      return now.version.stage === 'Production' ? now : undefined
    }
    const state = await ensure(sample, 'asking for Production', approved, async () => {
      // The same question again is the same request.
      const request = await sample.owner.models.requestTransition.mutate({
        ...target,
        to: 'Production',
        reason: 'Passed its gate',
      })
      await sample.approver.models.decideTransition.mutate({
        workspace: sample.workspace,
        id: request.id,
        approve: true,
        reason: 'Better than the contract alone; signature and data checked',
      })
    })
    const applied = state.transitions.findLast(({ to, state: how }) => to === 'Production' && how === 'applied')
    if (!applied) throw new StepFailure('nobody approved the version that is in Production', href)
    return { detail: `approved by ${applied.decidedBy ?? ''}: ${applied.reason}`, href }
  },
}
