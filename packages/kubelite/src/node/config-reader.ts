import type { KubeliteClient } from '../client.ts'
import type { ConfigReader } from './container-env.ts'
import { type ConfigMap, configMaps, type Secret, secrets } from './types.ts'

/** ConfigMaps and Secrets of one namespace, read anew each time: a container starts with what the cluster has then. */
export function configReader(client: KubeliteClient, namespace: string): ConfigReader {
  return {
    configMap: (name) => client.find<ConfigMap>(configMaps, { namespace, name }),
    secret: (name) => client.find<Secret>(secrets, { namespace, name }),
  }
}
