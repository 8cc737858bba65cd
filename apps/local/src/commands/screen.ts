/** What people see: progress on standard error, answers on standard output. */
import type { SampleStep } from '@keelson/contracts/platform'
import type { Person } from '../oidc/people.rules.ts'
import { inCluster } from '../platform/kubeconfig.ts'
import type { PlatformState } from '../platform/state-file.ts'

const startedAt = Date.now()

export const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

/** One line of progress with the time since the command began. */
export function tell(line: string): void {
  process.stderr.write(`  ${seconds(Date.now() - startedAt).padStart(8)}  ${line}\n`)
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** How kubectl gets there. In a pod it needs no file: it takes the pod's own login, as the launcher did. */
export function kubectlLine(kubeconfig: string): string {
  return `  kubectl     ${kubeconfig === inCluster ? 'KUBECONFIG= (with the pod’s own login)' : `KUBECONFIG=${kubeconfig}`}`
}

/** The address, the logins and where the logs are. */
export function welcome(state: PlatformState, home: string, people: readonly Person[]): string {
  const width = Math.max(0, ...people.map(({ email }) => email.length))
  const logins = people.map((person) => `    ${person.email.padEnd(width)}  ${person.password}  ${person.name}`)
  return [
    '',
    `  Keelson is ready: ${state.url}`,
    '',
    ...(logins.length > 0 ? ['  Sign in as (people.yaml in the state folder holds these):', ...logins, ''] : []),
    kubectlLine(state.kubeconfig),
    `  state       ${home}`,
    `  logs        ${home}/logs`,
    '',
  ].join('\n')
}

const marks: Record<string, string> = { running: '…', ready: '✓', succeeded: '✓', failed: '✗' }

const sameStepEveryMs = 2_000

/** Tells each change of a step's status at once, and what a running step does now and then. */
export function stepTeller(url: string): (step: SampleStep) => void {
  const told = new Map<string, { status: string; at: number }>()
  return (step) => {
    const last = told.get(step.id)
    if (last?.status === step.status && Date.now() - last.at < sameStepEveryMs) return
    told.set(step.id, { status: step.status, at: Date.now() })
    const where = step.href === null ? '' : `  ${absolute(step.href, url)}`
    tell(`${marks[step.status] ?? ' '} ${step.title}${step.detail ? `: ${step.detail}` : ''}${where}`)
  }
}

/** The demo's table: every step with its time and a deep link. */
export function sampleTable(steps: readonly SampleStep[], url: string): string {
  const rows = steps.map((step) => [
    step.title,
    step.status,
    timeOf(step),
    step.detail ?? '',
    step.href === null ? '' : absolute(step.href, url),
  ])
  const all = [['Step', 'Status', 'Time', 'What', 'Where'], ...rows]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function timeOf({ startedAt: from, finishedAt: to }: SampleStep): string {
  return from === null || to === null ? '' : seconds(Date.parse(to) - Date.parse(from))
}

function absolute(href: string, url: string): string {
  return new URL(href, url).toString()
}
