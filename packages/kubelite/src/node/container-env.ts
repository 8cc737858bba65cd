import { fieldValue, type PodFacts, resourceValue } from './downward.ts'
import { expand } from './expand.ts'
import type { ConfigMap, Container, EnvVar, Secret } from './types.ts'

/** Reads a ConfigMap or Secret of the pod's namespace; null when there is none. */
export type ConfigReader = {
  configMap(name: string): Promise<ConfigMap | null>
  secret(name: string): Promise<Secret | null>
}

/** A container that cannot be configured yet: reason and message of its waiting state. It is tried again. */
export class ContainerConfigError extends Error {
  readonly reason: string
  constructor(message: string, reason = 'CreateContainerConfigError') {
    super(message)
    this.name = 'ContainerConfigError'
    this.reason = reason
  }
}

/** `IsRelaxedEnvVarName`. */
const envName = /^[ -<>-~]+$/

/**
 * The container's own variables in the kubelet's order: `envFrom`, then `env` (each may use those before it), over the
 * `service` variables. Missing sources that are not optional throw {@link ContainerConfigError}.
 */
export async function containerEnv(
  facts: PodFacts,
  container: Container,
  config: ConfigReader,
  service: Record<string, string>,
): Promise<Record<string, string>> {
  const own: Record<string, string> = {}
  for (const from of container.envFrom ?? []) Object.assign(own, await envFrom(from, config))
  for (const variable of container.env ?? []) {
    const value = await envValue(facts, container, variable, config, (name) => own[name] ?? service[name])
    if (value !== null) own[variable.name] = value
  }
  return { ...service, ...own }
}

async function envFrom(
  from: NonNullable<Container['envFrom']>[number],
  config: ConfigReader,
): Promise<Record<string, string>> {
  const source = from.configMapRef ?? from.secretRef
  const name = source?.name ?? ''
  const data = from.configMapRef
    ? (await config.configMap(name))?.data
    : from.secretRef
      ? decodeSecret(await config.secret(name))
      : {}
  const found = data !== undefined
  if (!found && !(await exists(from, config, name))) {
    if (source?.optional) return {}
    throw new ContainerConfigError(`${from.configMapRef ? 'configmap' : 'secret'} "${name}" not found`)
  }
  return Object.fromEntries(
    Object.entries(data ?? {})
      .map(([key, value]) => [`${from.prefix ?? ''}${key}`, value] as const)
      .filter(([key]) => envName.test(key)),
  )
}

/** A ConfigMap without data is there all the same. */
async function exists(
  from: NonNullable<Container['envFrom']>[number],
  config: ConfigReader,
  name: string,
): Promise<boolean> {
  return (from.configMapRef ? await config.configMap(name) : await config.secret(name)) !== null
}

async function envValue(
  facts: PodFacts,
  container: Container,
  variable: EnvVar,
  config: ConfigReader,
  lookup: (name: string) => string | undefined,
): Promise<string | null> {
  const from = variable.valueFrom
  if (!from) return expand(variable.value ?? '', lookup)
  if (from.fieldRef) return fieldValue(facts, from.fieldRef.fieldPath)
  if (from.resourceFieldRef) return resourceValue(facts, container, from.resourceFieldRef)
  const namespace = facts.pod.metadata.namespace ?? ''
  if (from.configMapKeyRef) {
    const { name = '', key, optional } = from.configMapKeyRef
    const map = await config.configMap(name)
    const value = map?.data?.[key] ?? null
    if (value !== null || optional) return value
    throw new ContainerConfigError(
      map === null ? `configmap "${name}" not found` : `couldn't find key ${key} in ConfigMap ${namespace}/${name}`,
    )
  }
  if (from.secretKeyRef) {
    const { name = '', key, optional } = from.secretKeyRef
    const secret = await config.secret(name)
    const value = decodeSecret(secret)?.[key] ?? null
    if (value !== null || optional) return value
    throw new ContainerConfigError(
      secret === null ? `secret "${name}" not found` : `couldn't find key ${key} in Secret ${namespace}/${name}`,
    )
  }
  throw new ContainerConfigError(`variable ${variable.name} has a valueFrom that is not supported`)
}

/** A Secret's values as text; undefined when there is no Secret. */
export function decodeSecret(secret: Secret | null): Record<string, string> | undefined {
  if (secret === null) return undefined
  return Object.fromEntries(
    Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  )
}
