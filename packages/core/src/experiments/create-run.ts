import { randomUUID } from 'node:crypto'
import { allow } from '../access/index.ts'
import { type Ctx, inTransaction } from '../context/index.ts'
import { checkExperimentActive, resolveExperiment } from './create-experiment.ts'
import { podOfActor } from './pod-job.ts'
import { randomName } from './random-name.ts'
import { artifactUriOf, insertRun } from './run.store.ts'
import { type Pair, runNameTag, type TrackedRun } from './tracked.ts'
import { checkedTag, invalid, lastOfEachKey } from './tracking.rules.ts'

export type CreateRun = {
  workspace: string
  experimentId: string
  name?: string | undefined
  userName?: string | undefined
  startTimeMs?: number | undefined
  tags?: readonly Pair[]
}

/** Starts a run. A pod's run is linked to its job, and to the run of an earlier attempt, by the pod's own token. */
export async function createRun(ctx: Ctx, input: CreateRun): Promise<TrackedRun> {
  await allow(ctx, { verb: 'create', resource: 'experiments', namespace: input.workspace })
  const experiment = await resolveExperiment(ctx, input.workspace, input.experimentId)
  checkExperimentActive(experiment)
  const given = lastOfEachKey((input.tags ?? []).map((tag, index) => checkedTag(tag, `tags[${index}]`)))
  const name = runName(input.name, given)
  const tags = [...given.filter((tag) => tag.key !== runNameTag), { key: runNameTag, value: name }]
  const { podUid, jobUid } = await podOfActor(ctx)
  const run = {
    id: randomUUID().replaceAll('-', ''),
    experimentId: experiment.id,
    workspace: input.workspace,
    name,
    userName: input.userName ?? '',
    createdBy: ctx.actor.username,
    startTimeMs: input.startTimeMs ?? 0,
    jobUid,
    podUid,
  }
  return inTransaction(ctx, async (tx) => {
    const { retryOf } = await insertRun(tx.db, { ...run, tags })
    await tx.db.publish({ workspace: input.workspace, topic: 'runs', id: run.id })
    return {
      ...run,
      status: 'RUNNING',
      lifecycleStage: 'active',
      endTimeMs: null,
      artifactUri: artifactUriOf(experiment.artifactLocation, run.id),
      metrics: [],
      params: [],
      tags,
      datasets: [],
      modelInputs: [],
      modelOutputs: [],
      retryOf,
    }
  })
}

/** A run's name and its tag `mlflow.runName` are one thing; given twice they must agree, given never one is made up. */
function runName(name: string | undefined, tags: readonly Pair[]): string {
  const tagged = tags.find((tag) => tag.key === runNameTag)?.value
  if (name && tagged && name !== tagged)
    throw invalid(
      `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${name}', mlflow.runName='${tagged}').`,
    )
  return name || tagged || randomName()
}
