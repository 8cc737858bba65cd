/**
 * The node under load, for minutes: `pnpm test:load`. It starts a kubelite of its own, prints what each part took, and fails
 * when something is lost, grows without end or stays unanswered. `-- --jobs 200` makes less of it.
 */
import { parseArgs } from 'node:util'
import { describeJobs, runJobs } from './jobs.ts'
import {
  describeWatched,
  logBytes,
  readBack,
  remove,
  stallFollowers,
  startWriter,
  untilPhase,
  watchedWhile,
} from './logs.ts'
import { mib, openSubject, type Subject } from './subject.ts'

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: { jobs: { type: 'string', default: '1000' }, kills: { type: 'string', default: '3' } },
})
const say = (text: string) => process.stdout.write(`${text}\n`)
const mostLog = 55 * 2 ** 20
const mostMemory = 1024 * 2 ** 20

async function part<T>(subject: Subject, title: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now()
  const { result, watched } = await watchedWhile(subject, work)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  say(`${title}: ${seconds} s; ${describeWatched(watched)}; logs on disk ${mib(logBytes(subject))}`)
  if (watched.mostMemory > mostMemory) throw new Error(`${title}: kubelite grew to ${mib(watched.mostMemory)}`)
  return result
}

async function writeAndRead(subject: Subject, name: string, script: string): Promise<void> {
  await part(subject, `${name}, written`, async () => {
    await startWriter(subject, name, script)
    await untilPhase(subject, name, 'Succeeded')
  })
  if (logBytes(subject) > mostLog) throw new Error(`${name}: ${mib(logBytes(subject))} of log`)
  const kept = await part(subject, `${name}, read back`, () => readBack(subject, name))
  say(`${name}: ${mib(kept.length)} in ${kept.lines} lines are kept`)
  if (!kept.end.endsWith('\nend\n')) throw new Error(`${name}: its last line is ${JSON.stringify(kept.end)}`)
  await part(subject, `${name}, its last ten lines`, () =>
    subject.kubelite.call('GET', `/api/v1/namespaces/default/pods/${name}/log?tailLines=10`),
  )
  await remove(subject, name)
}

async function endless(subject: Subject): Promise<void> {
  const writers = ['endless-1', 'endless-2', 'endless-3']
  for (const name of writers) {
    await startWriter(subject, name, 'yes an endless log, written as fast as it can be')
    await untilPhase(subject, name, 'Running')
  }
  const hangUp = await part(subject, '100 followers that stop reading', () =>
    stallFollowers(subject, writers[0] ?? '', 100),
  )
  await part(subject, 'while they stand still', () => new Promise((resolve) => setTimeout(resolve, 10_000)))
  await subject.kubelite.kill()
  await subject.kubelite.start()
  await part(subject, 'after kill -9', () => untilPhase(subject, writers[0] ?? '', 'Running'))
  if (logBytes(subject) > mostLog * writers.length) throw new Error(`${mib(logBytes(subject))} of log`)
  hangUp()
  for (const name of writers) await remove(subject, name)
}

async function main(): Promise<void> {
  const subject = await openSubject()
  try {
    await writeAndRead(
      subject,
      'a-log-of-100-mb',
      'yes 0123456789012345678901234567890123456789 | head -c 100000000; echo; echo end',
    )
    await writeAndRead(subject, 'a-line-of-100-mb', 'head -c 100000000 /dev/zero | tr "\\0" x; echo; echo end')
    await endless(subject)
    const count = Number(values.jobs)
    const result = await runJobs(subject, { count, kills: Number(values.kills) })
    say(describeJobs(result, count))
    if (result.succeeded !== count) throw new Error(`${count - result.succeeded} jobs did not succeed`)
  } finally {
    await subject.stop()
  }
}

await main()
