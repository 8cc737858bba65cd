/** Printer columns of built-in kinds (k8s.io/kubernetes/pkg/printers/internalversion). */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { type Resource, storageKey } from '../registry/resource.ts'
import { age, humanDuration } from '../schema/json-path.ts'
import { isObject } from '../schema/node.ts'
import {
  ageColumn,
  containers,
  count,
  field,
  images,
  labelsText,
  list,
  nameColumn,
  number,
  selector,
  wide,
} from './cells.ts'
import { type Cell, type Column, column } from './column.ts'
import { podCells } from './pod-columns.ts'
import { policyTables } from './policy-columns.ts'
import { storageTables } from './storage-columns.ts'
import { workloadTables } from './workload-columns.ts'

const webhookColumns = [nameColumn, column('Webhooks', (object) => list(object.webhooks).length, 'integer'), ageColumn]

/** `pods: 1/4, requests.cpu: 1/2`: what is used of what a quota allows; names that start with `limits.` have their own column. */
function quotaCell(quota: KubeObject, limits: boolean): string {
  const hard = field(quota, 'status', 'hard')
  return Object.entries(isObject(hard) ? hard : {})
    .filter(([name]) => name.startsWith('limits.') === limits)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, most]) => `${name}: ${String(field(quota, 'status', 'used', name) ?? 0)}/${String(most)}`)
    .join(', ')
}

function jobStatus(job: KubeObject): string {
  const conditions = list(field(job, 'status', 'conditions'))
  const has = (type: string) => conditions.some((condition) => condition.type === type && condition.status === 'True')
  if (has('Complete')) return 'Complete'
  if (has('Failed')) return 'Failed'
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating'
  if (has('Suspended')) return 'Suspended'
  if (has('FailureTarget')) return 'FailureTarget'
  if (has('SuccessCriteriaMet')) return 'SuccessCriteriaMet'
  return 'Running'
}

function jobDuration(job: KubeObject, now: Date): string {
  const start = field(job, 'status', 'startTime')
  const end = field(job, 'status', 'completionTime')
  if (typeof start !== 'string') return ''
  return humanDuration((typeof end === 'string' ? Date.parse(end) : now.getTime()) - Date.parse(start))
}

function jobCompletions(job: KubeObject): string {
  const wanted = field(job, 'spec', 'completions')
  const done = number(job, 'status', 'succeeded')
  const parallelism = number(job, 'spec', 'parallelism')
  if (wanted !== undefined) return `${done}/${String(wanted)}`
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`
}

function servicePorts(service: KubeObject): string {
  const ports = list(field(service, 'spec', 'ports')).map(
    (port) => `${String(port.port)}${port.nodePort ? `:${String(port.nodePort)}` : ''}/${String(port.protocol)}`,
  )
  return ports.join(',') || '<none>'
}

const subjectsOf =
  (kind: string): Cell =>
  (object) =>
    list(object.subjects)
      .filter((item) => item.kind === kind)
      .map((item) => (kind === 'ServiceAccount' ? `${String(item.namespace)}/${String(item.name)}` : item.name))
      .join(', ')
const bindingColumns = [
  nameColumn,
  column('Role', (object) => `${String(field(object, 'roleRef', 'kind'))}/${String(field(object, 'roleRef', 'name'))}`),
  ageColumn,
  wide('Users', subjectsOf('User')),
  wide('Groups', subjectsOf('Group')),
  wide('ServiceAccounts', subjectsOf('ServiceAccount')),
]
const roleColumns = [nameColumn, column('Created At', (object) => object.metadata.creationTimestamp ?? '', 'date')]

function nodeStatus(node: KubeObject): string {
  const ready = list(field(node, 'status', 'conditions')).find((condition) => condition.type === 'Ready')
  const base = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'
  return field(node, 'spec', 'unschedulable') === true ? `${base},SchedulingDisabled` : base
}

function eventAge(event: KubeObject, now: Date): string {
  const last =
    field(event, 'series', 'lastObservedTime') ??
    event.lastTimestamp ??
    event.eventTime ??
    event.metadata.creationTimestamp
  return age(typeof last === 'string' ? last : event.metadata.creationTimestamp, now)
}

const ready = (object: KubeObject) =>
  `${number(object, 'status', 'readyReplicas')}/${number(object, 'spec', 'replicas')}`

const replicaColumns = [
  nameColumn,
  column('Desired', (object) => number(object, 'spec', 'replicas'), 'integer'),
  column('Current', (object) => number(object, 'status', 'replicas'), 'integer'),
  column('Ready', (object) => number(object, 'status', 'readyReplicas'), 'integer'),
  ageColumn,
]

const templateCell = (object: KubeObject, key: 'name' | 'image') =>
  list(field(object, 'template', 'spec', 'containers'))
    .map((container) => container[key])
    .join(',')

/** By `group/plural`; a kind without a row prints name and age. */
const tables: Readonly<Record<string, readonly Column[]>> = {
  ...workloadTables,
  ...storageTables,
  ...policyTables,
  '/pods': podCells,
  '/configmaps': [nameColumn, column('Data', (object) => count(object.data) + count(object.binaryData)), ageColumn],
  '/secrets': [
    nameColumn,
    column('Type', (object) => object.type),
    column('Data', (object) => count(object.data)),
    ageColumn,
  ],
  '/namespaces': [nameColumn, column('Status', (object) => field(object, 'status', 'phase')), ageColumn],
  '/services': [
    nameColumn,
    column('Type', (object) => field(object, 'spec', 'type')),
    column('Cluster-IP', (object) => field(object, 'spec', 'clusterIP') ?? '<none>'),
    column('External-IP', (object) => field(object, 'spec', 'externalName') ?? '<none>'),
    column('Port(s)', servicePorts),
    ageColumn,
    wide('Selector', (object) => labelsText(field(object, 'spec', 'selector'))),
  ],
  '/nodes': [
    nameColumn,
    column('Status', nodeStatus),
    column(
      'Roles',
      (object) =>
        Object.keys(object.metadata.labels ?? {})
          .filter((key) => key.startsWith('node-role.kubernetes.io/'))
          .map((key) => key.slice(24))
          .join(',') || '<none>',
    ),
    ageColumn,
    column('Version', (object) => field(object, 'status', 'nodeInfo', 'kubeletVersion') ?? ''),
  ],
  '/events': [
    column('Last Seen', eventAge),
    column('Type', (object) => object.type ?? ''),
    column('Reason', (object) => object.reason ?? ''),
    column(
      'Object',
      (object) =>
        `${String(field(object, 'involvedObject', 'kind')).toLowerCase()}/${String(field(object, 'involvedObject', 'name'))}`,
    ),
    wide('Subobject', (object) => field(object, 'involvedObject', 'fieldPath') ?? ''),
    wide('Source', (object) => field(object, 'source', 'component') ?? ''),
    column('Message', (object) => String(object.message ?? '').trim()),
    wide('First Seen', (object, now) => age(String(object.firstTimestamp ?? object.metadata.creationTimestamp), now)),
    wide('Count', (object) => object.count ?? 1),
    { ...wide('Name', (object) => object.metadata.name ?? ''), format: 'name' },
  ],
  '/resourcequotas': [
    nameColumn,
    column('Request', (object) => quotaCell(object, false)),
    column('Limit', (object) => quotaCell(object, true)),
    ageColumn,
  ],
  '/limitranges': [nameColumn, column('Created At', (object) => object.metadata.creationTimestamp ?? '', 'date')],
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': webhookColumns,
  'admissionregistration.k8s.io/validatingwebhookconfigurations': webhookColumns,
  'apps/deployments': [
    nameColumn,
    column('Ready', ready),
    column('Up-to-date', (object) => number(object, 'status', 'updatedReplicas')),
    column('Available', (object) => number(object, 'status', 'availableReplicas')),
    ageColumn,
    containers,
    images,
    selector,
  ],
  'apps/replicasets': [...replicaColumns, containers, images, selector],
  '/replicationcontrollers': [
    ...replicaColumns,
    containers,
    images,
    wide('Selector', (object) => labelsText(field(object, 'spec', 'selector'))),
  ],
  '/podtemplates': [
    nameColumn,
    column('Containers', (object) => templateCell(object, 'name')),
    column('Images', (object) => templateCell(object, 'image')),
    column('Pod Labels', (object) => labelsText(field(object, 'template', 'metadata', 'labels'))),
  ],
  'batch/jobs': [
    nameColumn,
    column('Status', jobStatus),
    column('Completions', jobCompletions),
    column('Duration', jobDuration),
    ageColumn,
    containers,
    images,
    selector,
  ],
  'discovery.k8s.io/endpointslices': [
    nameColumn,
    column('AddressType', (object) => object.addressType),
    column(
      'Ports',
      (object) =>
        list(object.ports)
          .map((port) => port.port)
          .join(',') || '<unset>',
    ),
    column(
      'Endpoints',
      (object) =>
        list(object.endpoints)
          .flatMap((endpoint) => endpoint.addresses)
          .join(',') || '<unset>',
    ),
    ageColumn,
  ],
  'coordination.k8s.io/leases': [
    nameColumn,
    column('Holder', (object) => field(object, 'spec', 'holderIdentity') ?? ''),
    ageColumn,
  ],
  'rbac.authorization.k8s.io/roles': roleColumns,
  'rbac.authorization.k8s.io/clusterroles': roleColumns,
  'rbac.authorization.k8s.io/rolebindings': bindingColumns,
  'rbac.authorization.k8s.io/clusterrolebindings': bindingColumns,
  'apiextensions.k8s.io/customresourcedefinitions': [
    nameColumn,
    column('Created At', (object) => object.metadata.creationTimestamp ?? '', 'date'),
  ],
}

export function columnsOf(resource: Resource): readonly Column[] {
  const columns = tables[storageKey(resource)] ?? [nameColumn, ageColumn]
  const { view } = resource
  if (view === undefined) return columns
  return columns.map((each) => ({ ...each, cell: (object, now) => each.cell(view.keep(object), now) }))
}
