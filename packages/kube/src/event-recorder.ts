import { createHash } from 'node:crypto'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { KubeApi } from './api.ts'
import { resources } from './resources.ts'

export type RecordedEvent = { type: 'Normal' | 'Warning'; reason: string; message: string }
type Event = KubeObject & { count?: number }

/** Writes Kubernetes events about an object. Never throws: an event that cannot be written must not stop the work. */
export type EventRecorder = (about: KubeObject, event: RecordedEvent) => Promise<void>

/**
 * The same event about the same object is counted on one Event object (its name is a hash of what it says), as client-go's
 * correlator does. Events about cluster-wide objects go to namespace `default`.
 */
export function createEventRecorder(
  kube: KubeApi,
  component: string,
  onError: (error: unknown) => void,
): EventRecorder {
  return async (about, event) => {
    try {
      await record(kube, component, about, event)
    } catch (error) {
      onError(error)
    }
  }
}

async function record(kube: KubeApi, component: string, about: KubeObject, event: RecordedEvent): Promise<void> {
  const { name = '', uid, namespace = 'default', resourceVersion } = about.metadata
  const message = event.message.slice(0, 1_024)
  const digest = createHash('sha256')
    .update([component, about.kind, uid, event.type, event.reason, message].join('\0'))
    .digest('hex')
  const ref = { namespace, name: `${name.slice(0, 200)}.${digest.slice(0, 16)}` }
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  const present = await kube.find<Event>(resources.events, ref)
  if (present) {
    await kube.patch(resources.events, ref, { count: (present.count ?? 1) + 1, lastTimestamp: now })
    return
  }
  await kube.create<Event>(resources.events, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: ref,
    involvedObject: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      name,
      namespace: about.metadata.namespace,
      uid,
      resourceVersion,
    },
    ...event,
    message,
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component },
    reportingComponent: component,
    reportingInstance: component,
  })
}
