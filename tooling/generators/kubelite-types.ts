/** The built-in types that kubelite serves, by the names that Kubernetes' OpenAPI documents give them. */
export const servedTypes: readonly string[] = [
  ...'Namespace Pod ConfigMap Secret Service ServiceAccount Event Node Endpoints ResourceQuota LimitRange PersistentVolumeClaim PersistentVolume PodTemplate ReplicationController Binding'
    .split(' ')
    .map((kind) => `io.k8s.api.core.v1.${kind}`),
  ...'Deployment ReplicaSet StatefulSet DaemonSet ControllerRevision'
    .split(' ')
    .map((kind) => `io.k8s.api.apps.v1.${kind}`),
  ...'Job CronJob'.split(' ').map((kind) => `io.k8s.api.batch.v1.${kind}`),
  ...'Scale HorizontalPodAutoscaler'.split(' ').map((kind) => `io.k8s.api.autoscaling.v1.${kind}`),
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  'io.k8s.api.storage.v1.StorageClass',
  'io.k8s.api.scheduling.v1.PriorityClass',
  ...'PodDisruptionBudget Eviction'.split(' ').map((kind) => `io.k8s.api.policy.v1.${kind}`),
  ...'Ingress IngressClass NetworkPolicy'.split(' ').map((kind) => `io.k8s.api.networking.v1.${kind}`),
  'io.k8s.api.discovery.v1.EndpointSlice',
  ...'MutatingWebhookConfiguration ValidatingWebhookConfiguration'
    .split(' ')
    .map((kind) => `io.k8s.api.admissionregistration.v1.${kind}`),
  ...'Role RoleBinding ClusterRole ClusterRoleBinding'.split(' ').map((kind) => `io.k8s.api.rbac.v1.${kind}`),
  ...'TokenReview TokenRequest SelfSubjectReview'.split(' ').map((kind) => `io.k8s.api.authentication.v1.${kind}`),
  ...'SubjectAccessReview SelfSubjectAccessReview LocalSubjectAccessReview SelfSubjectRulesReview'
    .split(' ')
    .map((kind) => `io.k8s.api.authorization.v1.${kind}`),
  'io.k8s.api.coordination.v1.Lease',
  'io.k8s.api.events.v1.Event',
]
