/** Two jobs side by side: what was asked, what each replica got, how it went. Pure. */
import type { JobCurves, JobPod, TrainingJob, TrainingJobDetail } from '@keelson/contracts/training'
import { formatDuration, formatNumber } from '@keelson/ui/format'
import { replicaTitle } from './replica-words.ts'
import { resourcesText } from './resources-text.ts'

export type Compared = { name: string; values: readonly [string, string]; differs: boolean }
type Side = Pick<TrainingJobDetail, 'job' | 'pods'>

const none = '–'

function row(name: string, one: string, other: string): Compared {
  return { name, values: [one, other], differs: one !== other }
}

/** How it went and what it asked for. */
export function compareFacts(one: Side, other: Side): Compared[] {
  const of = (name: string, tell: (side: Side) => string) => row(name, tell(one), tell(other))
  return [
    of('Kind', ({ job }) => job.kind),
    of('Status', ({ job }) => job.status.status),
    of('Reason', ({ job }) => job.status.message ?? job.status.reason ?? none),
    of('By', ({ job }) => job.createdBy ?? none),
    of('Took', ({ job }) => tookText(job)),
    of('Replicas', ({ job }) => String(job.replicasTotal)),
    of('Attempts', ({ pods }) => String(pods.length)),
    of('Retries', ({ job }) => String(job.retries)),
    of('Exit codes', ({ pods }) => exitCodes(pods)),
    of('Asks for', ({ job }) => resourcesText(job.resources)),
  ]
}

function tookText({ startedAt, finishedAt }: Pick<TrainingJob, 'startedAt' | 'finishedAt'>): string {
  if (startedAt === null) return none
  return finishedAt === null ? 'still running' : formatDuration(Date.parse(finishedAt) - Date.parse(startedAt))
}

/** `0 ×3, 137 ×1`, over all attempts. */
function exitCodes(pods: readonly JobPod[]): string {
  const codes = Map.groupBy(
    pods.flatMap(({ exitCode }) => (exitCode === null ? [] : [exitCode])),
    (code) => code,
  )
  const parts = [...codes].sort(([a], [b]) => a - b).map(([code, all]) => `${code} ×${all.length}`)
  return parts.length === 0 ? none : parts.join(', ')
}

/** Variables of the newest attempt of each replica that are not the same in both; values masked as they are kept. */
export function compareEnvironment(one: readonly JobPod[], other: readonly JobPod[]): Compared[] {
  const [left, right] = [variablesOf(one), variablesOf(other)]
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((name) => row(name, left.get(name) ?? none, right.get(name) ?? none))
    .filter(({ differs }) => differs)
}

function variablesOf(pods: readonly JobPod[]): Map<string, string> {
  const newest = new Map(pods.map((pod) => [replicaTitle(pod) ?? '', pod]))
  return new Map(
    [...newest].flatMap(([replica, { environment }]) =>
      environment.map(({ container, name, value, from }): [string, string] => [
        [replica, container, name].filter((part) => part !== '').join(' / '),
        value ?? `from ${from}`,
      ]),
    ),
  )
}

/** The newest value of each metric on both sides; what several runs or replicas tell is a span. */
export function compareMetrics(one: JobCurves, other: JobCurves): Compared[] {
  const [left, right] = [newestOf(one), newestOf(other)]
  const tell = (values: readonly number[] | undefined) => {
    if (values === undefined || values.length === 0) return none
    const [low, high] = [Math.min(...values), Math.max(...values)]
    return low === high ? formatNumber(low) : `${formatNumber(low)} … ${formatNumber(high)}`
  }
  return [...new Set([...left.keys(), ...right.keys()])]
    .sort()
    .map((name) => row(name, tell(left.get(name)), tell(right.get(name))))
}

function newestOf({ curves }: JobCurves): Map<string, number[]> {
  const all = curves.filter(({ source }) => source !== 'usage')
  return new Map(
    [...Map.groupBy(all, ({ name }) => name)].map(([name, own]) => [
      name,
      own.flatMap(({ points }) => points.at(-1)?.value ?? []),
    ]),
  )
}
