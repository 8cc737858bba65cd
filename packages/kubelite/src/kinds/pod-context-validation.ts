/** As whom and with what names a pod runs: security contexts, DNS, host names (k8s.io/kubernetes/pkg/apis/core/validation). */
import { isIP } from 'node:net'
import { isObject, type JsonObject } from '../schema/node.ts'
import type { FieldError } from '../status-error.ts'
import { invalidValue, notSupported, required } from './field-errors.ts'
import { nameFault } from './names.ts'

const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
const contextOf = (holder: JsonObject): JsonObject => (isObject(holder.securityContext) ? holder.securityContext : {})

const idRange = 'must be between 0 and 2147483647, inclusive'
const idErrors = (field: string, id: unknown): FieldError[] =>
  typeof id === 'number' && (id < 0 || id > 2_147_483_647) ? [invalidValue(field, id, idRange)] : []
const oneOf = (field: string, value: unknown, allowed: readonly string[]): FieldError[] =>
  value === undefined || allowed.includes(String(value)) ? [] : [notSupported(field, value, allowed)]

/** A pod's own security context. */
export function validatePodContext(spec: JsonObject, path: string): FieldError[] {
  const context = contextOf(spec)
  const at = `${path}.securityContext`
  const errors = ['fsGroup', 'runAsUser', 'runAsGroup'].flatMap((name) => idErrors(`${at}.${name}`, context[name]))
  const groups = Array.isArray(context.supplementalGroups) ? context.supplementalGroups : []
  errors.push(...groups.flatMap((id, index) => idErrors(`${at}.supplementalGroups[${index}]`, id)))
  if (spec.shareProcessNamespace === true && spec.hostPID === true)
    errors.push(
      invalidValue(`${at}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'),
    )
  errors.push(...sysctls(objects(context.sysctls), spec, `${at}.sysctls`))
  errors.push(...oneOf(`${at}.fsGroupChangePolicy`, context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']))
  errors.push(...profiles(context, at))
  return [...errors, ...oneOf(`${at}.supplementalGroupsPolicy`, context.supplementalGroupsPolicy, ['Merge', 'Strict'])]
}

const sysctlName = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/
const sysctlRule =
  'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$'

function sysctls(list: readonly JsonObject[], spec: JsonObject, path: string): FieldError[] {
  const names = list.map((one) => String(one.name ?? ''))
  return names.flatMap((name, index) => {
    const field = `${path}[${index}].name`
    if (name === '') return [required(field)]
    if (name.length > 253 || !sysctlName.test(name)) return [invalidValue(field, name, sysctlRule)]
    if (names.indexOf(name) < index) return [{ field, type: 'FieldValueDuplicate' as const, value: name, detail: '' }]
    const dotted = name.replaceAll('/', '.')
    if (spec.hostNetwork === true && dotted.startsWith('net.'))
      return [invalidValue(field, name, "may not be specified when 'hostNetwork' is true")]
    const ofIpc = dotted.startsWith('kernel.shm') || dotted.startsWith('kernel.msg') || dotted.startsWith('fs.mqueue.')
    return spec.hostIPC === true && (ofIpc || dotted === 'kernel.sem')
      ? [invalidValue(field, name, "may not be specified when 'hostIPC' is true")]
      : []
  })
}

/** seccomp and AppArmor: `localhostProfile` belongs to the type Localhost, and only to it. */
function profiles(context: JsonObject, path: string): FieldError[] {
  return [
    ['seccompProfile', 'seccomp type'],
    ['appArmorProfile', 'AppArmor type'],
  ].flatMap(([name = '', title = '']) => {
    const profile = context[name]
    if (!isObject(profile)) return []
    const at = `${path}.${name}`
    const types = ['Localhost', 'RuntimeDefault', 'Unconfined']
    const errors = profile.type
      ? oneOf(`${at}.type`, profile.type, types)
      : [
          required(
            `${at}.type`,
            name === 'seccompProfile'
              ? 'type is required when seccompProfile is set'
              : 'type is required when appArmorProfile is set',
          ),
        ]
    const local = profile.localhostProfile
    if (profile.type === 'Localhost' && local === undefined)
      errors.push(required(`${at}.localhostProfile`, `must be set when ${title} is Localhost`))
    if (profile.type !== 'Localhost' && local !== undefined)
      errors.push(
        invalidValue(
          `${at}.localhostProfile`,
          name === 'seccompProfile' ? profile : local,
          `can only be set when ${title} is Localhost`,
        ),
      )
    return errors
  })
}

/** A container's security context. */
export function validateContainerContext(container: JsonObject, path: string, hostUsers: boolean): FieldError[] {
  const context = contextOf(container)
  const at = `${path}.securityContext`
  const errors = ['runAsUser', 'runAsGroup'].flatMap((name) => idErrors(`${at}.${name}`, context[name]))
  errors.push(...oneOf(`${at}.procMount`, context.procMount, ['Default', 'Unmasked']))
  if (hostUsers && context.procMount === 'Unmasked')
    errors.push(invalidValue(`${at}.procMount`, 'Unmasked', '`hostUsers` must be false to use `Unmasked`'))
  const added = isObject(context.capabilities) ? texts(context.capabilities.add) : []
  if (context.allowPrivilegeEscalation === false) {
    const start = 'cannot set `allowPrivilegeEscalation` to false and'
    if (context.privileged === true) errors.push(invalidValue(at, context, `${start} \`privileged\` to true`))
    if (added.includes('CAP_SYS_ADMIN'))
      errors.push(invalidValue(at, context, `${start} \`capabilities.Add\` CAP_SYS_ADMIN`))
  }
  return [...errors, ...profiles(context, at)]
}

const policies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']
const ipErrors = (field: string, address: unknown): FieldError[] =>
  isIP(String(address ?? '')) === 0
    ? [invalidValue(field, address ?? '', 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
    : []

export const validateDnsPolicy = (spec: JsonObject, path: string): FieldError[] =>
  oneOf(`${path}.dnsPolicy`, spec.dnsPolicy, policies)

export function validateDnsConfig(spec: JsonObject, path: string): FieldError[] {
  const at = `${path}.dnsConfig`
  const config = isObject(spec.dnsConfig) ? spec.dnsConfig : undefined
  const servers = texts(config?.nameservers)
  if (spec.dnsPolicy === 'None' && config === undefined)
    return [required(at, 'must provide `dnsConfig` when `dnsPolicy` is None')]
  if (spec.dnsPolicy === 'None' && servers.length === 0)
    return [required(`${at}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
  const errors: FieldError[] = []
  const searches = texts(config?.searches)
  if (servers.length > 3)
    errors.push(invalidValue(`${at}.nameservers`, servers, 'must not have more than 3 nameservers'))
  errors.push(...servers.flatMap((address, index) => ipErrors(`${at}.nameservers[${index}]`, address)))
  if (searches.length > 32)
    errors.push(invalidValue(`${at}.searches`, searches, 'must not have more than 32 search paths'))
  if (searches.join(' ').length > 2048) {
    const detail = 'must not have more than 2048 characters (including spaces) in the search list'
    errors.push(invalidValue(`${at}.searches`, searches, detail))
  }
  for (const [index, option] of objects(config?.options).entries())
    if (!option.name) errors.push(required(`${at}.options[${index}]`, 'must not be empty'))
  return errors
}

export function validateHostNames(spec: JsonObject, path: string): FieldError[] {
  const names = ['hostname', 'subdomain'].flatMap((name) =>
    spec[name]
      ? nameFault(String(spec[name]), 'label').map((detail) => invalidValue(`${path}.${name}`, spec[name], detail))
      : [],
  )
  const aliases = objects(spec.hostAliases).flatMap((alias, index) => {
    const at = `${path}.hostAliases[${index}]`
    const hosts = texts(alias.hostnames).flatMap((host, at2) =>
      nameFault(host, 'subdomain').map((detail) => invalidValue(`${at}.hostnames[${at2}]`, host, detail)),
    )
    return [...ipErrors(`${at}.ip`, alias.ip), ...hosts]
  })
  return [...names, ...aliases]
}

/** On the host's network every declared port is the host's. */
export function validateHostPorts(spec: JsonObject, path: string): FieldError[] {
  if (spec.hostNetwork !== true) return []
  return objects(spec.containers).flatMap((container, at) =>
    objects(container.ports).flatMap((port, index) =>
      port.hostPort === port.containerPort
        ? []
        : [
            invalidValue(
              `${path}.containers[${at}].ports[${index}].hostPort`,
              port.hostPort ?? 0,
              'must match `containerPort` when `hostNetwork` is true',
            ),
          ],
    ),
  )
}
