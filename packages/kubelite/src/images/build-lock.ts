import { link, open, readFile, rename, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { systemClock } from '@keelson/process/clock'
import { processStartTime } from '../node/processes.ts'

type Holder = { pid: number; startTime: string | null; host: string }

/**
 * Holds a lock file for as long as the returned function is not called. Waits while another live process holds it. A
 * lock whose process is gone is taken over. Two builders that slip through together only build twice: the finished
 * folder is put in place by one rename, so that the lock saves work and is not what keeps the cache whole.
 */
export async function holdBuildLock(
  path: string,
  onWait: () => void,
  signal?: AbortSignal,
): Promise<() => Promise<void>> {
  const mine = JSON.stringify({
    pid: process.pid,
    startTime: await processStartTime(process.pid),
    host: hostname(),
  } satisfies Holder)
  let waited = false
  for (;;) {
    signal?.throwIfAborted()
    if (await claim(path, mine)) return () => rm(path, { force: true })
    if (await isAbandoned(path)) {
      const stale = `${path}.stale.${process.pid}`
      await rename(path, stale).catch(() => {})
      await rm(stale, { force: true })
      continue
    }
    if (!waited) onWait()
    waited = true
    await systemClock.sleep(200, signal)
  }
}

/** Written aside and linked, so that nobody ever reads a lock without its holder. */
async function claim(path: string, content: string): Promise<boolean> {
  const aside = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`
  const file = await open(aside, 'wx')
  try {
    await file.writeFile(content)
    await file.close()
    await link(aside, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(aside, { force: true })
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  try {
    const holder: Holder = JSON.parse(await readFile(path, 'utf8'))
    // A cache on a shared disk: another machine's process cannot be looked at.
    if (holder.host !== hostname()) return false
    const startTime = await processStartTime(holder.pid)
    return startTime === null || startTime !== holder.startTime
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}
