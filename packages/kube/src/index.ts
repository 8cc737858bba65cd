/**
 * A typed Kubernetes client over @kubernetes/client-node for controllers and use cases: reads, server-side apply, status,
 * informers, reconcilers. Knows no ML word, and not which server it talks to.
 */
export type { Informer, InformerEvent, KubeApi, KubeUser, ListOptions, ObjectRef, Resource } from './api.ts'
