/** Many jobs at once, with kubelite killed in the middle: none is lost, none runs twice unsaid, and it answers meanwhile. */
import { readdirSync, readFileSync } from 'node:fs'
import { eventually } from '@keelson/testing'
import { inParallel, type Json, mib, quantile, type Subject, watchAnswers } from './subject.ts'

const jobs = '/apis/batch/v1/namespaces/default/jobs'
const pods = '/api/v1/namespaces/default/pods'

const job = (name: string, cpu: string | undefined): Json => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, labels: { load: 'jobs' } },
  spec: {
    backoffLimit: 0,
    template: {
      metadata: { labels: { load: 'jobs' } },
      spec: {
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'main',
            image: 'busybox:1',
            command: ['sh', '-c', 'echo once; sleep 0.2'],
            ...(cpu === undefined ? {} : { resources: { requests: { cpu } } }),
          },
        ],
      },
    },
  },
})

const isOver = (each: Json) =>
  each.status?.conditions?.some(({ type }: Json) => type === 'Complete' || type === 'Failed') ?? false

/** Containers of this kubelite whose command is running now: it carries its container's folder. */
function runningContainers(home: string): number {
  const running = (pid: string) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return words.some((word) => word.endsWith('shim.mjs')) && words.some((word) => word.startsWith(home))
    } catch {
      return false
    }
  }
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && running(name)).length
}

export type JobsPlan = {
  count: number
  /** How often kubelite is killed while they run. */
  kills: number
  /** What each asks for; without, the number of pods is the limit. */
  cpu?: string
}
export type JobsResult = {
  seconds: number
  createSeconds: number
  succeeded: number
  /** The most containers at once, and how many pods have room. */
  most: number
  room: number
  /** What the scheduler said of those that had none. */
  waited: string
  answers: number[]
  memory: number
}

/** Throws when a job is lost, fails, or leaves another log than its own. */
export async function runJobs(subject: Subject, { count, kills, cpu }: JobsPlan): Promise<JobsResult> {
  const { kubelite, ask } = subject
  let away = false
  let most = 0
  let waited = ''
  const watched = watchAnswers(subject, () => away)
  const startedAt = performance.now()
  const list = async (path: string): Promise<Json[]> => (await ask('GET', `${path}?labelSelector=load%3Djobs`)).items
  const names = Array.from({ length: count }, (_, index) => `load-${index}`)
  await inParallel(names, 32, (name) => ask('POST', jobs, job(name, cpu)))
  const createSeconds = (performance.now() - startedAt) / 1000
  const untilOver = (wanted: number) =>
    eventually(
      async () => {
        most = Math.max(most, runningContainers(kubelite.home))
        waited ||= reasonToWait(await list(pods))
        return (await list(jobs)).filter(isOver).length >= wanted
      },
      { timeoutMs: 1_200_000, everyMs: 300 },
    )
  for (let kill = 1; kill <= kills; kill += 1) {
    await untilOver(Math.floor((count * kill) / (kills + 1)))
    away = true
    await kubelite.kill()
    await kubelite.start()
    away = false
  }
  await untilOver(count)
  const seconds = (performance.now() - startedAt) / 1000
  await watched.stop()
  const succeeded = (await list(jobs)).filter(({ status }) => status.succeeded === 1 && status.failed === undefined)
  await checkPods(subject, count)
  const { allocatable } = (await ask('GET', '/api/v1/nodes')).items[0].status
  return {
    seconds,
    createSeconds,
    succeeded: succeeded.length,
    most,
    room: cpu === undefined ? Number(allocatable.pods) : Math.floor(Number(allocatable.cpu) / cores(cpu)),
    waited,
    answers: watched.answers,
    memory: watched.mostMemory,
  }
}

const cores = (cpu: string) => (cpu.endsWith('m') ? Number(cpu.slice(0, -1)) / 1000 : Number(cpu))

function reasonToWait(all: readonly Json[]): string {
  const conditions = all.flatMap((pod) => pod.status.conditions ?? [])
  return conditions.find((each) => each.type === 'PodScheduled' && each.status === 'False')?.message ?? ''
}

/** One pod for each job, started once, with its own line in its log. */
async function checkPods({ ask, kubelite }: Subject, count: number): Promise<void> {
  const all: Json[] = (await ask('GET', `${pods}?labelSelector=load%3Djobs`)).items
  if (all.length !== count) throw new Error(`${all.length} pods of ${count} jobs`)
  const wrong: string[] = []
  await inParallel(all, 8, async (pod) => {
    const log = await kubelite.call('GET', `${pods}/${pod.metadata.name}/log`)
    const [status] = pod.status.containerStatuses
    if (log.body !== 'once\n' || status.restartCount !== 0) wrong.push(`${pod.metadata.name}: ${JSON.stringify(log)}`)
  })
  if (wrong.length > 0) throw new Error(wrong.slice(0, 5).join('\n'))
}

export const describeJobs = (result: JobsResult, count: number): string =>
  `${count} jobs: created in ${result.createSeconds.toFixed(1)} s, all over after ${result.seconds.toFixed(1)} s, ` +
  `${result.succeeded} succeeded, at most ${result.most} containers at once (room for ${result.room}; ${result.waited || 'none waited'}); ` +
  `a page of pods meanwhile p50 ${quantile(result.answers, 0.5).toFixed(0)} ms, ` +
  `p99 ${quantile(result.answers, 0.99).toFixed(0)} ms, max ${quantile(result.answers, 1).toFixed(0)} ms; kubelite at most ${mib(result.memory)}`
