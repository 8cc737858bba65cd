/**
 * kubelite: a Kubernetes API for one machine. It is a server, so it imports neither the Kubernetes client, the database
 * package nor the domain rules: everybody meets it over HTTP, and a real cluster stays a drop-in.
 */
export { type ApiServer, type ApiServerOptions, apiAudience, startApiServer } from './api-server.ts'
export { loadServingIdentity, type ServingIdentity } from './auth/key-files.ts'
export type { KubeliteClient, NodeApi, ResourceId } from './client.ts'
export { type KubeconfigEntry, kubeconfig } from './kubeconfig.ts'
export { type Kubelite, type KubeliteOptions, startKubelite } from './kubelite.ts'
export { decidePodNetwork, type PodNetworkWish, removeAllPods, stopAllPods } from './node/index.ts'
export { doorAddress } from './service-addresses.ts'
