/** The closed list of built-in kinds (docs/reference/kubelite.md). A new kind is a new row. */

import { fromAutoscalingV1, toAutoscalingV1 } from '../kinds/autoscaling.ts'
import { eventFields, fromEventsV1, toEventsV1 } from '../kinds/events.ts'
import { builtinNode } from '../schema/builtin.ts'
import { metricsResources } from './metrics-kinds.ts'
import { allVerbs, type Resource, type Subresource, type Verb, type View } from './resource.ts'

type Row = {
  definition: string
  group: string
  /** v1 when not said. */
  version?: string
  plural: string
  kind: string
  namespaced: boolean
  short?: string[]
  categories?: string[]
  verbs?: readonly Verb[]
  sub?: Subresource[]
  generation?: boolean
  virtual?: boolean
  view?: View
}

const core = 'io.k8s.api.core.v1'
const rbac = 'io.k8s.api.rbac.v1'
const apps = 'io.k8s.api.apps.v1'
const authn = 'io.k8s.api.authentication.v1'
const authz = 'io.k8s.api.authorization.v1'
const admission = 'io.k8s.api.admissionregistration.v1'
const autoscaler = {
  group: 'autoscaling',
  plural: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
  namespaced: true,
  short: ['hpa'],
  categories: ['all'],
  sub: ['status'] satisfies Subresource[],
}
const networking = { definition: 'io.k8s.api.networking.v1', group: 'networking.k8s.io', generation: true }

const withoutDeleteCollection = allVerbs.filter((verb) => verb !== 'deletecollection')

const rows: readonly Row[] = [
  { definition: core, group: '', plural: 'configmaps', kind: 'ConfigMap', namespaced: true, short: ['cm'] },
  { definition: core, group: '', plural: 'endpoints', kind: 'Endpoints', namespaced: true, short: ['ep'] },
  { definition: core, group: '', plural: 'events', kind: 'Event', namespaced: true, short: ['ev'] },
  { definition: core, group: '', plural: 'limitranges', kind: 'LimitRange', namespaced: true, short: ['limits'] },
  {
    definition: core,
    group: '',
    plural: 'namespaces',
    kind: 'Namespace',
    namespaced: false,
    short: ['ns'],
    verbs: withoutDeleteCollection,
    sub: ['status', 'finalize'],
  },
  { definition: core, group: '', plural: 'nodes', kind: 'Node', namespaced: false, short: ['no'], sub: ['status'] },
  {
    definition: core,
    group: '',
    plural: 'pods',
    kind: 'Pod',
    namespaced: true,
    short: ['po'],
    categories: ['all'],
    sub: ['status', 'log', 'binding', 'eviction', 'exec', 'attach', 'portforward'],
    generation: true,
  },
  { definition: core, group: '', plural: 'podtemplates', kind: 'PodTemplate', namespaced: true },
  {
    definition: core,
    group: '',
    plural: 'replicationcontrollers',
    kind: 'ReplicationController',
    namespaced: true,
    short: ['rc'],
    categories: ['all'],
    sub: ['status', 'scale'],
    generation: true,
  },
  {
    definition: core,
    group: '',
    plural: 'resourcequotas',
    kind: 'ResourceQuota',
    namespaced: true,
    short: ['quota'],
    sub: ['status'],
  },
  { definition: core, group: '', plural: 'secrets', kind: 'Secret', namespaced: true },
  {
    definition: core,
    group: '',
    plural: 'serviceaccounts',
    kind: 'ServiceAccount',
    namespaced: true,
    short: ['sa'],
    sub: ['token'],
  },
  {
    definition: core,
    group: '',
    plural: 'services',
    kind: 'Service',
    namespaced: true,
    short: ['svc'],
    categories: ['all'],
    sub: ['status'],
  },
  {
    definition: apps,
    group: 'apps',
    plural: 'deployments',
    kind: 'Deployment',
    namespaced: true,
    short: ['deploy'],
    categories: ['all'],
    sub: ['status', 'scale'],
    generation: true,
  },
  {
    definition: apps,
    group: 'apps',
    plural: 'replicasets',
    kind: 'ReplicaSet',
    namespaced: true,
    short: ['rs'],
    categories: ['all'],
    sub: ['status', 'scale'],
    generation: true,
  },
  {
    definition: 'io.k8s.api.batch.v1',
    group: 'batch',
    plural: 'jobs',
    kind: 'Job',
    namespaced: true,
    categories: ['all'],
    sub: ['status'],
    generation: true,
  },
  {
    definition: core,
    group: '',
    plural: 'persistentvolumeclaims',
    kind: 'PersistentVolumeClaim',
    namespaced: true,
    short: ['pvc'],
    sub: ['status'],
  },
  {
    definition: core,
    group: '',
    plural: 'persistentvolumes',
    kind: 'PersistentVolume',
    namespaced: false,
    short: ['pv'],
    sub: ['status'],
  },
  {
    definition: 'io.k8s.api.storage.v1',
    group: 'storage.k8s.io',
    plural: 'storageclasses',
    kind: 'StorageClass',
    namespaced: false,
    short: ['sc'],
  },
  {
    definition: apps,
    group: 'apps',
    plural: 'statefulsets',
    kind: 'StatefulSet',
    namespaced: true,
    short: ['sts'],
    categories: ['all'],
    sub: ['status', 'scale'],
    generation: true,
  },
  {
    definition: apps,
    group: 'apps',
    plural: 'daemonsets',
    kind: 'DaemonSet',
    namespaced: true,
    short: ['ds'],
    categories: ['all'],
    sub: ['status'],
    generation: true,
  },
  { definition: apps, group: 'apps', plural: 'controllerrevisions', kind: 'ControllerRevision', namespaced: true },
  {
    definition: 'io.k8s.api.batch.v1',
    group: 'batch',
    plural: 'cronjobs',
    kind: 'CronJob',
    namespaced: true,
    short: ['cj'],
    categories: ['all'],
    sub: ['status'],
    generation: true,
  },
  {
    definition: 'io.k8s.api.policy.v1',
    group: 'policy',
    plural: 'poddisruptionbudgets',
    kind: 'PodDisruptionBudget',
    namespaced: true,
    short: ['pdb'],
    sub: ['status'],
    generation: true,
  },
  {
    definition: 'io.k8s.api.scheduling.v1',
    group: 'scheduling.k8s.io',
    plural: 'priorityclasses',
    kind: 'PriorityClass',
    namespaced: false,
    short: ['pc'],
    generation: true,
  },
  { ...autoscaler, definition: 'io.k8s.api.autoscaling.v2', version: 'v2' },
  {
    ...autoscaler,
    definition: 'io.k8s.api.autoscaling.v1',
    view: { of: 'autoscaling/horizontalpodautoscalers', show: toAutoscalingV1, keep: fromAutoscalingV1 },
  },
  {
    definition: 'io.k8s.api.events.v1',
    group: 'events.k8s.io',
    plural: 'events',
    kind: 'Event',
    namespaced: true,
    short: ['ev'],
    view: { of: '/events', show: toEventsV1, keep: fromEventsV1, fields: eventFields },
  },
  { ...networking, plural: 'ingresses', kind: 'Ingress', namespaced: true, short: ['ing'], sub: ['status'] },
  { ...networking, plural: 'ingressclasses', kind: 'IngressClass', namespaced: false },
  { ...networking, plural: 'networkpolicies', kind: 'NetworkPolicy', namespaced: true, short: ['netpol'] },
  {
    definition: 'io.k8s.api.discovery.v1',
    group: 'discovery.k8s.io',
    plural: 'endpointslices',
    kind: 'EndpointSlice',
    namespaced: true,
  },
  {
    definition: 'io.k8s.api.coordination.v1',
    group: 'coordination.k8s.io',
    plural: 'leases',
    kind: 'Lease',
    namespaced: true,
  },
  {
    definition: rbac,
    group: 'rbac.authorization.k8s.io',
    plural: 'clusterrolebindings',
    kind: 'ClusterRoleBinding',
    namespaced: false,
  },
  {
    definition: rbac,
    group: 'rbac.authorization.k8s.io',
    plural: 'clusterroles',
    kind: 'ClusterRole',
    namespaced: false,
  },
  {
    definition: rbac,
    group: 'rbac.authorization.k8s.io',
    plural: 'rolebindings',
    kind: 'RoleBinding',
    namespaced: true,
  },
  { definition: rbac, group: 'rbac.authorization.k8s.io', plural: 'roles', kind: 'Role', namespaced: true },
  {
    definition: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1',
    group: 'apiextensions.k8s.io',
    plural: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
    namespaced: false,
    short: ['crd', 'crds'],
    categories: ['api-extensions'],
    sub: ['status'],
    generation: true,
  },
  {
    definition: admission,
    group: 'admissionregistration.k8s.io',
    plural: 'mutatingwebhookconfigurations',
    kind: 'MutatingWebhookConfiguration',
    namespaced: false,
    categories: ['api-extensions'],
    generation: true,
  },
  {
    definition: admission,
    group: 'admissionregistration.k8s.io',
    plural: 'validatingwebhookconfigurations',
    kind: 'ValidatingWebhookConfiguration',
    namespaced: false,
    categories: ['api-extensions'],
    generation: true,
  },
  {
    definition: authn,
    group: 'authentication.k8s.io',
    plural: 'tokenreviews',
    kind: 'TokenReview',
    namespaced: false,
    virtual: true,
  },
  {
    definition: authn,
    group: 'authentication.k8s.io',
    plural: 'selfsubjectreviews',
    kind: 'SelfSubjectReview',
    namespaced: false,
    virtual: true,
  },
  {
    definition: authz,
    group: 'authorization.k8s.io',
    plural: 'subjectaccessreviews',
    kind: 'SubjectAccessReview',
    namespaced: false,
    virtual: true,
  },
  {
    definition: authz,
    group: 'authorization.k8s.io',
    plural: 'selfsubjectaccessreviews',
    kind: 'SelfSubjectAccessReview',
    namespaced: false,
    virtual: true,
  },
  {
    definition: authz,
    group: 'authorization.k8s.io',
    plural: 'localsubjectaccessreviews',
    kind: 'LocalSubjectAccessReview',
    namespaced: true,
    virtual: true,
  },
  {
    definition: authz,
    group: 'authorization.k8s.io',
    plural: 'selfsubjectrulesreviews',
    kind: 'SelfSubjectRulesReview',
    namespaced: false,
    virtual: true,
  },
]

function toResource(row: Row): Resource {
  const singular = row.kind.toLowerCase()
  const definition = `${row.definition}.${row.kind}`
  return {
    group: row.group,
    version: row.version ?? 'v1',
    plural: row.plural,
    singular,
    kind: row.kind,
    listKind: `${row.kind}List`,
    namespaced: row.namespaced,
    shortNames: row.short ?? [],
    categories: row.categories ?? [],
    verbs: row.virtual ? ['create'] : (row.verbs ?? allVerbs),
    subresources: row.sub ?? [],
    virtual: row.virtual ?? false,
    generation: row.generation ?? false,
    statusSubresource: row.sub?.includes('status') ?? false,
    schema: builtinNode(definition),
    definition,
    ...(row.view === undefined ? {} : { view: row.view }),
  }
}

export const builtinResources: readonly Resource[] = [...rows.map(toResource), ...metricsResources]
