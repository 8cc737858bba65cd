/** What happened to a job that is not well, in a sentence, and what to do. Pure; words of the cluster are quoted elsewhere. */
import type { JobPod, TrainingJob } from '@keelson/contracts/training'

export type Advice = { what: string; todo: string }

/** A job that runs and has written nothing for so long may hang. */
export const quietMs = 30 * 60_000

type Rule = { when: RegExp; advice: Advice }

/** Tried on reasons and messages together, the most telling first. */
const rules: readonly Rule[] = [
  {
    when: /ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull/,
    advice: {
      what: 'The image of a container cannot be had.',
      todo: 'Correct the image’s name in the YAML and submit it again; on the laptop, add an entry to images.yaml.',
    },
  },
  {
    when: /exceeded quota/i,
    advice: {
      what: 'The workspace’s quota has no room for this job.',
      todo: 'End or delete jobs that are no longer needed, ask for less, or ask the operator for a larger quota. It starts by itself when there is room.',
    },
  },
  {
    when: /Unschedulable|has no node|nodes? are available/i,
    advice: {
      what: 'No machine has what a replica asks for.',
      todo: 'Ask for less CPU, memory or fewer GPUs, or wait: it starts by itself when there is room.',
    },
  },
  {
    when: /OOMKilled/,
    advice: {
      what: 'A container used more memory than its limit and was killed.',
      todo: 'Raise resources.limits.memory, or use less: a smaller batch, fewer loader workers.',
    },
  },
  {
    when: /DeadlineExceeded|active longer than specified deadline/i,
    advice: {
      what: 'It ran longer than its activeDeadlineSeconds allows.',
      todo: 'Raise the deadline, or make the job go on from a checkpoint and run it again.',
    },
  },
  {
    when: /NodeLost|NodeShutdown|node .*(unreachable|not ready)|TaintManager|Evicted|Preempt|Shutdown/i,
    advice: {
      what: 'A replica was lost with its machine, or had to leave it.',
      todo: 'Run it again. Write checkpoints to a volume, and allow restarts (restartPolicy, backoffLimit), so that a loss costs little.',
    },
  },
  {
    when: /CreateContainerConfigError|(secret|configmap) "?[\w.-]+"? not found/i,
    advice: {
      what: 'A container refers to something that is not there.',
      todo: 'Make the Secret, ConfigMap or volume that the message names, or correct the reference.',
    },
  },
  {
    when: /forbidden|violates PodSecurity/i,
    advice: { what: 'The cluster refused to make a pod.', todo: 'Change in the YAML what the message names.' },
  },
]

const exits: ReadonlyMap<number, Advice> = new Map([
  [
    126,
    {
      what: 'The command is there and cannot be run.',
      todo: 'Make the file executable, or start it by its interpreter.',
    },
  ],
  [127, { what: 'The command was not found in the image.', todo: 'Correct the command, or use an image that has it.' }],
  [
    137,
    {
      what: 'A container was killed (signal 9).',
      todo: 'Often it used too much memory: raise its limit. Else see in the events who stopped it.',
    },
  ],
  [
    139,
    {
      what: 'The program crashed in native code (signal 11).',
      todo: 'See the last log lines; check that the libraries fit each other and the GPU driver.',
    },
  ],
  [
    143,
    { what: 'A container was told to stop (signal 15).', todo: 'See in the events who stopped it, and run it again.' },
  ],
])

/** Null where nothing is wrong. `lastLineAt` is when the newest kept log line was written. */
export function adviceFor(
  job: Pick<TrainingJob, 'status' | 'startedAt' | 'exists'>,
  pods: readonly Pick<JobPod, 'name' | 'status' | 'exitCode'>[],
  lastLineAt: string | null,
  now: Date,
): Advice | null {
  const { status, reason, message } = job.status
  if (status === 'running' && reason === null) return quiet(job, lastLineAt, now)
  if (status === 'succeeded' || status === 'stopped' || status === 'ready') return null
  const ill = pods.filter((pod) => pod.status.status === 'failed' || pod.status.message !== null)
  const words = [reason, message, ...ill.flatMap((pod) => [pod.status.reason, pod.status.message])].join('\n')
  const found = rules.find(({ when }) => when.test(words))
  if (found) return found.advice
  const ended = pods.findLast((pod) => pod.exitCode !== null && pod.exitCode !== 0)
  if (!ended) return null
  const known = exits.get(ended.exitCode ?? 0)
  if (known) return { ...known, what: `${known.what} Pod ${ended.name}, exit code ${ended.exitCode}.` }
  return {
    what: `The program in pod ${ended.name} ended with exit code ${ended.exitCode}.`,
    todo: 'The reason is in its last log lines. Mend the program or its input, and run it again.',
  }
}

function quiet({ startedAt, exists }: Pick<TrainingJob, 'startedAt' | 'exists'>, lastLineAt: string | null, now: Date) {
  const since = lastLineAt ?? startedAt
  if (!exists || since === null) return null
  const ms = now.getTime() - Date.parse(since)
  if (ms < quietMs) return null
  return {
    what: `It is running and has written no log line for ${Math.floor(ms / 60_000)} minutes.`,
    todo: 'It may hang: look at what its replicas wait for, and suspend or delete it if it does. Code that works in silence is fine.',
  }
}
