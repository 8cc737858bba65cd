/** Item 20 on the node: what containers write and how many there are must not take the machine from others. `pnpm test:load` does more of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runJobs } from '../load/jobs.ts'
import { logBytes, readBack, remove, stallFollowers, startWriter, untilPhase, watchedWhile } from '../load/logs.ts'
import { openSubject, type Subject } from '../load/subject.ts'

const mib = 2 ** 20
/** Five files of ten MiB, each longer by what was written at once. */
const mostLog = 55 * mib
/** kubelite with nothing to do holds some 150 MiB. */
const mostMemory = 700 * mib

describe('kubelite, a process of its own', () => {
  let subject: Subject
  beforeAll(async () => {
    subject = await openSubject()
  })
  afterAll(() => subject?.stop())

  it('item 20: jobs that the machine has no room for wait with the reason, and none is lost to a kill', async () => {
    const result = await runJobs(subject, { count: 10, kills: 1, cpu: '500m' })
    expect(result.succeeded).toBe(10)
    expect(result.waited).toContain('Insufficient cpu')
    expect(result.most).toBeLessThanOrEqual(result.room)
    expect(result.answers.length).toBeGreaterThan(0)
    expect(result.memory).toBeLessThan(mostMemory)
  })

  it.each([
    ['lines', 'yes 0123456789012345678901234567890123456789 | head -c 32000000; echo; echo end'],
    ['one line', 'head -c 60000000 /dev/zero | tr "\\0" x; echo; echo end'],
  ])('item 20: 60 MB of log on disk that nobody reads, as %s, take no more than their share', async (kind, script) => {
    const name = kind.replace(' ', '-')
    const { watched } = await watchedWhile(subject, async () => {
      await startWriter(subject, name, script)
      await untilPhase(subject, name, 'Succeeded')
    })
    expect(logBytes(subject)).toBeGreaterThan(20 * mib)
    expect(logBytes(subject)).toBeLessThan(mostLog)
    expect(watched.mostMemory).toBeLessThan(mostMemory)
    const kept = await readBack(subject, name)
    expect(kept.end.endsWith('\nend\n')).toBe(true)
    expect(kept.length).toBeGreaterThan(15 * mib)
    await remove(subject, name)
  })

  it('item 20: followers of an endless log that stop reading hold up neither the server nor the container', async () => {
    await startWriter(subject, 'endless', 'yes 0123456789012345678901234567890123456789')
    await untilPhase(subject, 'endless', 'Running')
    const { result: hangUp, watched } = await watchedWhile(subject, () => stallFollowers(subject, 'endless', 20))
    expect(watched.answers.length).toBeGreaterThan(0)
    expect(watched.mostMemory).toBeLessThan(mostMemory)
    await subject.kubelite.kill()
    await subject.kubelite.start()
    const pod = await untilPhase(subject, 'endless', 'Running')
    expect(pod.status.containerStatuses[0].restartCount).toBe(0)
    expect(logBytes(subject)).toBeLessThan(mostLog)
    hangUp()
    await remove(subject, 'endless')
  })
})
