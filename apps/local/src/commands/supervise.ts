/** The platform's own process, in the foreground of `npm start` or on its own after `--detach`. */
import { appendFileSync } from 'node:fs'
import type { SampleStep } from '@keelson/contracts/platform'
import { createLogger, type Logger } from '@keelson/process/logger'
import { readEnv } from '../env.ts'
import { Fault } from '../fault.ts'
import type { Home } from '../home/home.ts'
import type { Person } from '../oidc/people.rules.ts'
import { openPeopleFile } from '../oidc/people-file.ts'
import type { PlatformState } from '../platform/state-file.ts'
import { startPlatform } from '../platform/supervisor.ts'
import { isSampleDue, markSampleDone } from '../sample/first-sample.ts'
import { runSample } from '../sample/run-sample.ts'

export type SuperviseOptions = {
  sample: boolean
  /** Replaces another installation that runs the cluster. */
  takeOver: boolean
  report: (line: string) => void
  onReady: (state: PlatformState, home: Home, people: readonly Person[]) => void
  onStep: (step: SampleStep) => void
  /** Stops the platform when it aborts. */
  signal: AbortSignal
}

/** Starts the platform, runs the sample beside it, and stops everything when told to. */
export async function supervise(options: SuperviseOptions): Promise<void> {
  const platform = await startPlatform({
    env: readEnv(),
    takeOver: options.takeOver,
    report: options.report,
    log: supervisorLog,
  })
  const log = supervisorLog(platform.home)
  log.info('ready', { url: platform.state.url, durationMs: Math.round(performance.now()) })
  const people = platform.state.embeddedIdentity ? openPeopleFile(platform.home.file('people.yaml'), log).list() : []
  options.onReady(platform.state, platform.home, people)
  const ending = new AbortController()
  const signal = AbortSignal.any([options.signal, ending.signal])
  const stopped = new Promise<null>((resolve) => {
    if (signal.aborted) return resolve(null)
    signal.addEventListener('abort', () => resolve(null), { once: true })
  })
  const sample =
    options.sample && people.length > 0 && isSampleDue(platform.home)
      ? runSample({
          ...platform,
          people,
          onStep: options.onStep,
          signal,
        })
          .then((result) => {
            if (result?.ok) markSampleDone(platform.home)
          })
          .catch((error: unknown) => {
            log.error('the sample project cannot run', { error })
            options.report(error instanceof Error ? error.message : String(error))
          })
      : Promise.resolve()
  const lost = await Promise.race([stopped, platform.lost])
  ending.abort()
  options.report(lost ?? 'Stopping')
  if (lost !== null) log.error('another installation took the cluster over', { error: new Fault(lost) })
  await sample
  await platform.stop()
  if (lost !== null) throw new Fault(lost)
}

function supervisorLog(home: Home): Logger {
  const file = home.file('logs', 'supervisor.log')
  const write = (line: string) => {
    try {
      appendFileSync(file, line, { mode: 0o600 })
    } catch {
      // A disk that fills up later must not take the platform down with its log.
    }
  }
  return createLogger({ app: 'local', write })
}
