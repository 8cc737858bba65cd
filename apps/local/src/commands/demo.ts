import { silentLogger } from '@keelson/process/logger'
import { Fault } from '../fault.ts'
import { openPeopleFile } from '../oidc/people-file.ts'
import { markSampleDone } from '../sample/first-sample.ts'
import { runSample } from '../sample/run-sample.ts'
import { readArguments } from './arguments.ts'
import { findRunning, requireRunning } from './running.ts'
import { print, sampleTable, stepTeller, tell } from './screen.ts'
import { startDetached } from './start.ts'

/** `npm run demo`: runs the sample headless, prints what happened, and exits 0 only if all of it is true. */
export async function demo(args: readonly string[]): Promise<number> {
  const { json } = readArguments('demo', args, { json: { type: 'boolean' } })
  const wasRunning = findRunning() !== null
  if (!wasRunning) await startDetached({ sample: false, takeOver: false })
  const running = requireRunning()
  if (!running.state.embeddedIdentity) {
    throw new Fault(
      'The sample project acts as the embedded provider’s people, which is off: run it where the embedded provider is on.',
    )
  }
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
  const result = await runSample({
    ...running,
    people: openPeopleFile(running.home.file('people.yaml'), silentLogger).list(),
    onStep: stepTeller(running.state.url),
    signal: stopping.signal,
  })
  if (result === null) throw new Fault('The demo was stopped before it was done: run it again, it goes on from there.')
  if (result.ok) markSampleDone(running.home)
  print(json === true ? JSON.stringify(result) : sampleTable(result.steps, running.state.url))
  if (!wasRunning) tell('The platform goes on running; npm run stop ends it.')
  return result.ok ? 0 : 1
}
