/** kubelite in a process of its own under load: how long its answers take meanwhile, and what it takes of the machine. */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type KubeliteProcess, kubeliteProcess, removeAllPods } from '@keelson/kubelite/testing'
import { withPostgres } from '@keelson/testing'

// biome-ignore lint/suspicious/noExplicitAny: wire objects are read by what a scenario expects of them
export type Json = any

export type Subject = {
  kubelite: KubeliteProcess
  /** The body of an answer that succeeded; throws with its status and text otherwise. */
  ask(method: string, path: string, body?: unknown): Promise<Json>
  /** Opens a GET and leaves its body alone. */
  open(path: string): Promise<IncomingMessage>
  /** Bytes of memory that the process holds now. */
  memory(): number
  stop(): Promise<void>
}

export async function openSubject(): Promise<Subject> {
  const database = await withPostgres()
  const home = await mkdtemp(join(tmpdir(), 'keelson-load-'))
  const kubelite = await kubeliteProcess(home, database.url)
  await kubelite.start()
  const ask: Subject['ask'] = async (method, path, body) => {
    const answer = await kubelite.call(method, path, body)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body.slice(0, 500)}`)
    return JSON.parse(answer.body)
  }
  return {
    kubelite,
    ask,
    open: (path) => openStream(kubelite, path),
    memory: () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${kubelite.pid()}/status`, 'utf8'))?.[1]) * 1024,
    stop: async () => {
      await kubelite.kill()
      await removeAllPods(join(home, 'node'))
      await rm(home, { recursive: true, force: true })
      await database.stop()
    },
  }
}

function openStream(kubelite: KubeliteProcess, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...kubelite.address(), path, agent: false }, resolve)
    sent.on('error', reject)
    sent.end()
  })
}

/** What the server did while something else went on. */
export type Watched = { answers: number[]; mostMemory: number; stop(): Promise<void> }

/** Asks for a page of pods again and again, as a page of the dashboard does. A server that is away is not asked. */
export function watchAnswers(subject: Subject, isAway: () => boolean = () => false): Watched {
  let on = true
  const watched: Watched = { answers: [], mostMemory: 0, stop: async () => {} }
  const work = (async () => {
    while (on) {
      const startedAt = performance.now()
      try {
        await subject.ask('GET', '/api/v1/namespaces/default/pods?limit=50')
        watched.answers.push(performance.now() - startedAt)
        // Not a number in the moment in which it is killed.
        watched.mostMemory = Math.max(watched.mostMemory, subject.memory() || 0)
      } catch (error) {
        if (!isAway()) throw error
      }
      await sleep(100)
    }
  })()
  watched.stop = async () => {
    on = false
    await work
  }
  return watched
}

/** `q` of them are not longer: `quantile(ms, 0.99)`. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0
}

/** Does the work on each item, at most `width` at once. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items]
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: width }, worker))
}

export const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`
