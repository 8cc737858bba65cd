/** Field selectors: `metadata.name=x,status.phase!=Running` over the fields that a kind offers. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { badRequest } from '../status-error.ts'

export type FieldRequirement = { field: string; value: string; equal: boolean }

const common = ['metadata.name', 'metadata.namespace']
/** The fields that a real server indexes for each kind; every other kind has name and namespace only. */
const offered: Readonly<Record<string, readonly string[]>> = {
  '/pods': [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  '/events': [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  '/namespaces': ['status.phase'],
  '/nodes': ['spec.unschedulable'],
  '/secrets': ['type'],
  '/services': ['spec.clusterIP', 'spec.type'],
  'apps/replicasets': ['status.replicas'],
  'batch/jobs': ['status.successful'],
}

export function fieldsOf(resourceKey: string, selectable: readonly string[] = []): readonly string[] {
  return [...common, ...(offered[resourceKey] ?? []), ...selectable]
}

/** Parses a field selector; a field that the kind does not offer is a BadRequest. */
export function parseFieldSelector(
  text: string,
  fields: readonly string[],
  kind: { key: string; kind: string; custom?: boolean },
): FieldRequirement[] {
  return text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const match = /^([^=!]+)(!=|==|=)(.*)$/.exec(part.trim())
      if (match === null) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`)
      const [, field = '', operator, value = ''] = match
      if (!fields.includes(field)) throw badRequest(unknownField(field, fields, kind))
      return { field, value: value.replaceAll(/\\([\\,=])/g, '$1'), equal: operator !== '!=' }
    })
}

/** Each kind's own conversion function words this differently. */
function unknownField(
  field: string,
  fields: readonly string[],
  { key, kind, custom }: { key: string; kind: string; custom?: boolean },
): string {
  if (custom) return `field label not supported: ${field}`
  if (key === 'batch/jobs') return `field label "${field}" not supported for ${kind}`
  if (offered[key] !== undefined && key !== 'apps/replicasets') return `field label not supported: ${field}`
  return `"${field}" is not a known field selector: only ${fields.map((name) => `"${name}"`).join(', ')}`
}

export function fieldsMatch(requirements: readonly FieldRequirement[], object: KubeObject): boolean {
  return requirements.every(({ field, value, equal }) => (textAt(object, field) === value) === equal)
}

function textAt(object: KubeObject, field: string): string {
  if (field === 'source' && object.kind === 'Event') return textAt(object, 'source.component')
  if (field === 'status.successful') return textAt(object, 'status.succeeded') || '0'
  let at: unknown = object
  for (const part of field.split('.')) {
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[part] : undefined
  }
  if (at === undefined || at === null)
    return field === 'spec.unschedulable' || field === 'spec.hostNetwork' ? 'false' : ''
  return String(at)
}
