import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Clock } from '@keelson/process/clock'
import type { Logger } from '@keelson/process/logger'
import type { KubeliteClient } from '../client.ts'
import { events } from '../node/types.ts'

export type EventRecorder = {
  /** Writes a core/v1 Event about `object`; a repeat of the same one raises its count. Never throws, never waits. */
  record(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void
  /** Resolves when everything that was recorded so far has been written. */
  flush(): Promise<void>
}

type Known = { name: string; namespace: string; count: number; seenAt: number }
const longestMessage = 1024
/** As `EventCorrelator`: a repeat within ten minutes is the same event. */
const forgetAfterMs = 600_000
const mostKnown = 4096

/** Events of one component (`kubelet`, `job-controller`), in order, with repeats aggregated. */
export function createEventRecorder(options: {
  client: KubeliteClient
  component: string
  host?: string
  clock: Clock
  log: Logger
}): EventRecorder {
  const { client, component, clock, log } = options
  const known = new Map<string, Known>()
  let queue: Promise<void> = Promise.resolve()
  const write = async (
    object: KubeObject,
    type: string,
    reason: string,
    message: string,
    fieldPath: string | undefined,
  ) => {
    const at = `${clock.now().toISOString().slice(0, 19)}Z`
    const key = [object.metadata.uid, fieldPath, type, reason, message].join('\n')
    const before = known.get(key)
    if (before && clock.now().getTime() - before.seenAt < forgetAfterMs) {
      const count = before.count + 1
      known.set(key, { ...before, count, seenAt: clock.now().getTime() })
      const { name, namespace } = before
      const done = await client.patch(events, { namespace, name }, { count, lastTimestamp: at }).catch(() => null)
      if (done !== null) return
    }
    const namespace = object.metadata.namespace ?? 'default'
    const name = `${object.metadata.name}.${(BigInt(clock.now().getTime()) * 1_000_000n + BigInt(Math.floor(Math.random() * 1e6))).toString(16)}`
    if (known.size >= mostKnown) known.clear()
    known.set(key, { name, namespace, count: 1, seenAt: clock.now().getTime() })
    const { resourceVersion, uid } = object.metadata
    await client.create(events, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        name: object.metadata.name,
        ...(object.metadata.namespace ? { namespace: object.metadata.namespace } : {}),
        ...(uid ? { uid } : {}),
        ...(resourceVersion ? { resourceVersion } : {}),
        ...(fieldPath ? { fieldPath } : {}),
      },
      reason,
      message,
      type,
      count: 1,
      firstTimestamp: at,
      lastTimestamp: at,
      source: { component, ...(options.host ? { host: options.host } : {}) },
      reportingComponent: component,
      reportingInstance: options.host ?? '',
    })
  }
  return {
    record: (object, type, reason, message, fieldPath) => {
      const text = message.length > longestMessage ? `${message.slice(0, longestMessage - 1)}…` : message
      queue = queue
        .then(() => write(object, type, reason, text, fieldPath))
        // An event may outlive its namespace: nothing is lost then that anybody could read.
        .catch((error) =>
          log.debug('event not written', { kind: object.kind, name: object.metadata.name ?? '', reason, error }),
        )
    },
    flush: () => queue,
  }
}
