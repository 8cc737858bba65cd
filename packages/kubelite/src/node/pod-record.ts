import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { attemptDir, attemptNumbers, readAttempt, readJson, writeJson } from './attempt.ts'
import type { ContainerView } from './pod-plan.ts'
import type { Container, PodSpec } from './types.ts'

/** A loopback address on the host's network, the host's network as the pod asked for it, or a namespace of its own. */
export type PodNetworkKind = 'shared' | 'host' | 'namespaced'

/** What is kept of a pod beside its containers' folders: enough to find and end it without the API. */
export type PodRecord = {
  namespace: string
  name: string
  uid: string
  podIP: string
  /** Absent in what an earlier release wrote: `shared`. */
  network?: PodNetworkKind
  startTime: string
  graceSeconds: number
}

export const podsFolder = (stateDir: string) => join(stateDir, 'pods')

export async function savePodRecord(podDir: string, record: PodRecord): Promise<void> {
  await mkdir(podDir, { recursive: true, mode: 0o700 })
  await writeJson(join(podDir, 'pod.json'), record)
}

/** Every pod that has a folder here, also one that the API no longer knows. */
export async function readPodRecords(stateDir: string): Promise<{ podDir: string; record: PodRecord }[]> {
  const folder = podsFolder(stateDir)
  const names = await readdir(folder).catch(() => [])
  const records = await Promise.all(
    names.map(async (name) => {
      const podDir = join(folder, name)
      const record = await readJson<PodRecord>(join(podDir, 'pod.json'))
      // A folder without a record was begun and never used.
      if (record === null) await rm(podDir, { recursive: true, force: true })
      return record === null ? null : { podDir, record }
    }),
  )
  return records.filter((each) => each !== null)
}

/** The pod's containers as they lie on disk. */
export async function loadViews(podDir: string, spec: PodSpec): Promise<ContainerView[]> {
  const all = [
    ...(spec.initContainers ?? []).map((each) => ({ spec: each, init: true })),
    ...spec.containers.map((each) => ({ spec: each, init: false })),
  ]
  // A pod that is gone from the API has no spec any more; its folders say what ran.
  if (all.length === 0) {
    const names = await readdir(join(podDir, 'containers')).catch(() => [])
    all.push(...names.map((name) => ({ spec: { name }, init: false })))
  }
  return Promise.all(all.map(({ spec: container, init }) => loadView(podDir, container, init)))
}

async function loadView(podDir: string, spec: Container, init: boolean): Promise<ContainerView> {
  const numbers = await attemptNumbers(podDir, spec.name)
  const attempts = await Promise.all(
    numbers.slice(-2).map((number) => readAttempt(attemptDir(podDir, spec.name, number), number)),
  )
  const [current = null, previous = null] = attempts.filter((attempt) => attempt !== null).reverse()
  return {
    spec,
    init,
    current,
    previous,
    waiting: null,
    notBefore: 0,
    hooking: false,
    started: !spec.startupProbe,
    ready: !spec.readinessProbe && !spec.startupProbe,
  }
}

/** Keeps the newest attempt and the one before it, whose log `kubectl logs -p` reads. */
export async function trimAttempts(podDir: string, view: ContainerView): Promise<void> {
  const numbers = await attemptNumbers(podDir, view.spec.name)
  for (const number of numbers.slice(0, -2))
    await rm(attemptDir(podDir, view.spec.name, number), { recursive: true, force: true })
}
