import type { KubeliteClient } from '../../client.ts'
import { type Service, services } from '../../controllers/endpoint-slice.ts'
import type { Pod } from '../types.ts'
import { clusterDomain, hostNameOf } from './hosts-file.ts'

/**
 * What is said to a pod of the shared network that asks for a name below a headless Service, which nobody would find; null for
 * other pods. A job's replicas (of any kind of job) ask for it because they must find each other.
 */
export async function unresolvedName(
  client: KubeliteClient,
  pod: Pod,
): Promise<{ message: string; isJob: boolean } | null> {
  const { subdomain } = pod.spec
  const { namespace = '', ownerReferences = [] } = pod.metadata
  if (!subdomain) return null
  const service = await client.find<Service>(services, { namespace, name: subdomain })
  if (service?.spec.clusterIP !== 'None') return null
  const name = `${hostNameOf(pod)}.${subdomain}.${namespace}.svc.${clusterDomain}`
  return {
    message: `no pod can find ${name}: the pods of this node share the machine's network and have no names in it. Start Keelson with KEELSON_POD_NETWORK=namespaced (Linux, as root), or use a real cluster`,
    isJob: ownerReferences.some(({ controller, kind }) => controller === true && kind.endsWith('Job')),
  }
}
