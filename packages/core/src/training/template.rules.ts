/** A job as one would submit it again: its wish, without what the cluster wrote into it. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { withoutStop } from './stop.rules.ts'

export const retryOfAnnotation = 'keelson.dev/retry-of'
/** What Keelson wrote on one job is not another's: of what it is a retry. */
const ownAnnotations: readonly string[] = [
  retryOfAnnotation,
  'keelson.dev/retry-of-replicas',
  'keelson.dev/completed-indexes',
]
/** Leaves room for `-again-` and five characters, and for `-worker-0` after them, in the 63 of a label. */
const longestBase = 38
/** What the job controller adds to a Job and its pods' labels: https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-selector */
const writtenLabels = [
  'controller-uid',
  'job-name',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
] as const

type Labels = Record<string, string>

/** With `retryOf` it gets a name of the server's making and says whose retry it is; else it keeps its name. */
export function templateOf(manifest: unknown, options: { retryOf?: string } = {}): KubeObject {
  const { apiVersion, kind, metadata, ...rest } = withoutStop(structuredClone(manifest) as KubeObject & { spec?: Spec })
  const { name = '', namespace, annotations = {} } = metadata
  const kept = Object.fromEntries(Object.entries(annotations).filter(([key]) => !ownAnnotations.includes(key)))
  const all = options.retryOf === undefined ? kept : { ...kept, [retryOfAnnotation]: options.retryOf }
  const labels = withoutWritten(metadata.labels)
  const naming =
    options.retryOf === undefined
      ? { name }
      : { generateName: `${name.replace(/-again-[a-z0-9]{5}$/, '').slice(0, longestBase)}-again-` }
  return {
    apiVersion,
    kind,
    metadata: {
      ...naming,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels ? { labels } : {}),
      ...(Object.keys(all).length > 0 ? { annotations: all } : {}),
    },
    ...(rest.spec ? { spec: kind === 'Job' ? jobSpec(rest.spec) : trainingSpec(rest.spec) } : {}),
  } as KubeObject
}

type Spec = {
  suspend?: boolean
  selector?: unknown
  manualSelector?: boolean
  runPolicy?: { suspend?: boolean }
  template?: { metadata?: { labels?: Labels; creationTimestamp?: unknown } }
}

function jobSpec({ suspend: _, selector, ...spec }: Spec): Spec {
  const { metadata, ...template } = spec.template ?? {}
  const { labels: present, creationTimestamp: __, ...others } = metadata ?? {}
  const labels = withoutWritten(present)
  const inner = { ...others, ...(labels ? { labels } : {}) }
  return {
    ...spec,
    ...(spec.manualSelector ? { selector } : {}),
    template: { ...(Object.keys(inner).length > 0 ? { metadata: inner } : {}), ...template },
  }
}

function trainingSpec(spec: Spec): Spec {
  if (!spec.runPolicy) return spec
  const { suspend: _, ...runPolicy } = spec.runPolicy
  return { ...spec, runPolicy }
}

function withoutWritten(labels: Labels | undefined): Labels | undefined {
  const kept = Object.entries(labels ?? {}).filter(([key]) => !writtenLabels.some((written) => written === key))
  return kept.length > 0 ? Object.fromEntries(kept) : undefined
}
