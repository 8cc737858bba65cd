/** The labels of all workspaces' namespaces, from a file that an operator changes while the controller runs. */
import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import { type NamespaceLabels, namespaceLabels } from '@keelson/core/workspaces'
import type { Informer, Source } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import type { Logger } from '@keelson/process/logger'
import { parse } from 'yaml'
import { z } from 'zod'

/** A mounted ConfigMap is exchanged by a link, which only looking at the file itself notices. */
const lookEveryMs = 2_000
const LabelsFile = z.record(z.string(), z.coerce.string()).nullable()

export type LabelsFile = {
  current(): NamespaceLabels
  /** Wakes every profile when the file has changed. */
  source(profiles: Pick<Informer<{ apiVersion: string; kind: string; metadata: { name?: string } }>, 'list'>): Source
}

/** Opens the file, which must be readable now; a later version that is not is reported, and the last good one stays. */
export function openLabelsFile(path: string | undefined, log: Logger, signal: AbortSignal): LabelsFile {
  let labels: NamespaceLabels = path === undefined ? namespaceLabels : read(path)
  const handlers = new Set<() => void>()
  if (path !== undefined) {
    const onChange = () => {
      try {
        labels = read(path)
        for (const handler of handlers) handler()
      } catch (error) {
        log.error('the labels of namespaces cannot be read', { error })
      }
    }
    watchFile(path, { interval: lookEveryMs, persistent: false }, onChange)
    signal.addEventListener('abort', () => unwatchFile(path, onChange), { once: true })
  }
  return {
    current: () => labels,
    source: (profiles) => {
      const keys = () => profiles.list().map((profile) => profile.metadata.name ?? '')
      return {
        synced: Promise.resolve(),
        keys: () => [],
        subscribe: (onKey) => {
          const handler = () => {
            for (const key of keys()) onKey(key)
          }
          handlers.add(handler)
          return () => handlers.delete(handler)
        },
      }
    },
  }
}

function read(path: string): NamespaceLabels {
  const parsed = LabelsFile.safeParse(parse(readFileSync(path, 'utf8')))
  if (!parsed.success)
    throw new AppError('invalid', `${path} is not a YAML map of label names and values.`, { cause: parsed.error })
  return { ...namespaceLabels, ...parsed.data }
}
