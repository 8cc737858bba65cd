import type { Resource } from './api.ts'

function namespaced(group: string, version: string, plural: string, kind: string): Resource {
  return { group, version, plural, kind, namespaced: true }
}

function clusterWide(group: string, version: string, plural: string, kind: string): Resource {
  return { group, version, plural, kind, namespaced: false }
}

/** The kinds that Keelson reads or writes, as the API addresses them. */
export const resources = {
  namespaces: clusterWide('', 'v1', 'namespaces', 'Namespace'),
  nodes: clusterWide('', 'v1', 'nodes', 'Node'),
  pods: namespaced('', 'v1', 'pods', 'Pod'),
  services: namespaced('', 'v1', 'services', 'Service'),
  serviceAccounts: namespaced('', 'v1', 'serviceaccounts', 'ServiceAccount'),
  secrets: namespaced('', 'v1', 'secrets', 'Secret'),
  configMaps: namespaced('', 'v1', 'configmaps', 'ConfigMap'),
  events: namespaced('', 'v1', 'events', 'Event'),
  resourceQuotas: namespaced('', 'v1', 'resourcequotas', 'ResourceQuota'),
  persistentVolumeClaims: namespaced('', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim'),
  storageClasses: clusterWide('storage.k8s.io', 'v1', 'storageclasses', 'StorageClass'),
  jobs: namespaced('batch', 'v1', 'jobs', 'Job'),
  deployments: namespaced('apps', 'v1', 'deployments', 'Deployment'),
  replicaSets: namespaced('apps', 'v1', 'replicasets', 'ReplicaSet'),
  statefulSets: namespaced('apps', 'v1', 'statefulsets', 'StatefulSet'),
  endpointSlices: namespaced('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
  leases: namespaced('coordination.k8s.io', 'v1', 'leases', 'Lease'),
  roles: namespaced('rbac.authorization.k8s.io', 'v1', 'roles', 'Role'),
  roleBindings: namespaced('rbac.authorization.k8s.io', 'v1', 'rolebindings', 'RoleBinding'),
  clusterRoles: clusterWide('rbac.authorization.k8s.io', 'v1', 'clusterroles', 'ClusterRole'),
  clusterRoleBindings: clusterWide('rbac.authorization.k8s.io', 'v1', 'clusterrolebindings', 'ClusterRoleBinding'),
  subjectAccessReviews: clusterWide('authorization.k8s.io', 'v1', 'subjectaccessreviews', 'SubjectAccessReview'),
  tokenReviews: clusterWide('authentication.k8s.io', 'v1', 'tokenreviews', 'TokenReview'),
  customResourceDefinitions: clusterWide(
    'apiextensions.k8s.io',
    'v1',
    'customresourcedefinitions',
    'CustomResourceDefinition',
  ),
  profiles: clusterWide('kubeflow.org', 'v1', 'profiles', 'Profile'),
  serviceRoleBindings: namespaced('rbac.istio.io', 'v1alpha1', 'servicerolebindings', 'ServiceRoleBinding'),
  serviceRoles: namespaced('rbac.istio.io', 'v1alpha1', 'serviceroles', 'ServiceRole'),
  // The version that every Istio since 1.4 serves.
  authorizationPolicies: namespaced('security.istio.io', 'v1beta1', 'authorizationpolicies', 'AuthorizationPolicy'),
  notebooks: namespaced('kubeflow.org', 'v1', 'notebooks', 'Notebook'),
  podDefaults: namespaced('kubeflow.org', 'v1alpha1', 'poddefaults', 'PodDefault'),
  pvcViewers: namespaced('kubeflow.org', 'v1alpha1', 'pvcviewers', 'PVCViewer'),
  tensorboards: namespaced('tensorboard.kubeflow.org', 'v1alpha1', 'tensorboards', 'Tensorboard'),
  inferenceServices: namespaced('serving.kserve.io', 'v1beta1', 'inferenceservices', 'InferenceService'),
  tfJobs: namespaced('kubeflow.org', 'v1', 'tfjobs', 'TFJob'),
  pytorchJobs: namespaced('kubeflow.org', 'v1', 'pytorchjobs', 'PyTorchJob'),
  xgboostJobs: namespaced('kubeflow.org', 'v1', 'xgboostjobs', 'XGBoostJob'),
  mpiJobs: namespaced('kubeflow.org', 'v1', 'mpijobs', 'MPIJob'),
  paddleJobs: namespaced('kubeflow.org', 'v1', 'paddlejobs', 'PaddleJob'),
  jaxJobs: namespaced('kubeflow.org', 'v1', 'jaxjobs', 'JAXJob'),
} as const satisfies Record<string, Resource>

/** `batch/v1`, or `v1` for the core group: the `apiVersion` of the resource's objects. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
}
