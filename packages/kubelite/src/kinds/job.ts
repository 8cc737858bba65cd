import type { KubeObject } from '@keelson/contracts/kubernetes'
import { isObject, type JsonObject } from '../schema/node.ts'

/** Selector and pod labels that the server makes for a Job without `manualSelector` (jobStrategy.generateSelector). */
export function prepareJob(job: KubeObject): void {
  const spec = isObject(job.spec) ? job.spec : {}
  if (spec.manualSelector === true || !isObject(spec.template)) return
  const template = spec.template
  const metadata: JsonObject = isObject(template.metadata) ? template.metadata : {}
  const labels: JsonObject = isObject(metadata.labels) ? metadata.labels : {}
  const uid = job.metadata.uid ?? ''
  template.metadata = metadata
  metadata.labels = {
    ...labels,
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': job.metadata.name ?? '',
    'controller-uid': uid,
    'job-name': job.metadata.name ?? '',
  }
  const selector: JsonObject = isObject(spec.selector) ? spec.selector : {}
  const matchLabels = isObject(selector.matchLabels) ? selector.matchLabels : {}
  spec.selector = { ...selector, matchLabels: { ...matchLabels, 'batch.kubernetes.io/controller-uid': uid } }
}
