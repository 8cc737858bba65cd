/** Containers that write more than anybody reads: neither memory nor disk grows with it, and the server answers meanwhile. */
import { readdirSync, statSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { eventually } from '@keelson/testing'
import { type Json, mib, quantile, type Subject, type Watched, watchAnswers } from './subject.ts'

const pods = '/api/v1/namespaces/default/pods'

export async function startWriter({ ask }: Subject, name: string, script: string): Promise<void> {
  await ask('POST', pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'main', image: 'busybox:1', command: ['sh', '-c', script] }],
    },
  })
}

export function untilPhase({ ask }: Subject, name: string, phase: string, timeoutMs = 300_000): Promise<Json> {
  return eventually(
    async () => {
      const pod = await ask('GET', `${pods}/${name}`)
      return pod.status.phase === phase ? pod : false
    },
    { timeoutMs, everyMs: 200 },
  )
}

export async function remove(subject: Subject, name: string): Promise<void> {
  await subject.kubelite.call('DELETE', `${pods}/${name}?gracePeriodSeconds=0`)
  await eventually(async () => (await subject.kubelite.call('GET', `${pods}/${name}`)).status === 404, {
    timeoutMs: 30_000,
  })
}

/** Bytes of the log files of all containers. */
export function logBytes({ kubelite }: Subject): number {
  const below = (folders: readonly string[]) =>
    folders.flatMap((folder) => {
      try {
        return readdirSync(folder).map((name) => join(folder, name))
      } catch {
        // Gone meanwhile, or a file.
        return []
      }
    })
  const containers = below([join(kubelite.home, 'node', 'pods')]).map((pod) => join(pod, 'containers'))
  return below(below(below(containers)))
    .filter((file) => /\/log(\.\d+)?$/.test(file))
    .reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0)
}

/** `readers` followers of one endless log that take nothing after their first bytes. */
export async function stallFollowers(subject: Subject, name: string, readers: number): Promise<() => void> {
  const open: IncomingMessage[] = []
  for (let reader = 0; reader < readers; reader += 1) {
    const response = await subject.open(`${pods}/${name}/log?follow=true`)
    response.pause()
    response.on('error', () => {})
    open.push(response)
  }
  return () => {
    for (const response of open) response.destroy()
  }
}

/** The length and the last characters of what `kubectl logs` would show. */
export async function readBack(
  subject: Subject,
  name: string,
): Promise<{ length: number; lines: number; end: string }> {
  const response = await subject.open(`${pods}/${name}/log`)
  let length = 0
  let lines = 0
  let end = ''
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1
    end = `${end}${chunk.toString('latin1')}`.slice(-100)
  }
  return { length, lines, end }
}

/** Does the work, and says what the server did meanwhile. */
export async function watchedWhile<T>(
  subject: Subject,
  work: () => Promise<T>,
): Promise<{ result: T; watched: Watched }> {
  const watched = watchAnswers(subject)
  try {
    return { result: await work(), watched }
  } finally {
    await watched.stop()
  }
}

export const describeWatched = ({ answers, mostMemory }: Watched): string =>
  `a page of pods meanwhile p50 ${quantile(answers, 0.5).toFixed(0)} ms, p99 ${quantile(answers, 0.99).toFixed(0)} ms, ` +
  `max ${quantile(answers, 1).toFixed(0)} ms; kubelite at most ${mib(mostMemory)}`
