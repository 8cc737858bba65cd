/** What the Pod Security Standards forbid, check by check (k8s.io/pod-security-admission/policy), with their texts. */
import { isObject, type JsonObject } from '../../schema/node.ts'
import { objectsIn } from '../plugin.ts'

/** A pod or a template of pods. */
export type PodLike = { annotations: Record<string, string>; spec: JsonObject }
export type Violation = { reason: string; detail: string }
/** Applies from version v1.since on. */
export type Check = {
  id: string
  since?: number
  /** The baseline checks whose place a restricted one takes. */
  overrides?: string
  run: (pod: PodLike) => Violation | undefined
}

export const containersOf = (spec: JsonObject): JsonObject[] =>
  ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) => objectsIn(spec[list]))
export const contextOf = (holder: JsonObject): JsonObject =>
  isObject(holder.securityContext) ? holder.securityContext : {}
export const quoted = (items: Iterable<unknown>): string =>
  [...items].map((item) => JSON.stringify(String(item))).join(', ')
const sorted = (items: Iterable<unknown>): string[] => [...new Set([...items].map(String))].sort()
export const plural = (word: string, count: number): string => (count === 1 ? word : `${word}s`)
export const named = (title: string, items: readonly JsonObject[]): string =>
  `${plural(title, items.length)} ${quoted(items.map((item) => item.name))}`

/** `pod and containers "a", "b"`: who set something, or undefined when nobody did. */
export function settersOf(pod: PodLike, isBad: (holder: JsonObject) => boolean): string | undefined {
  const bad = containersOf(pod.spec).filter(isBad)
  const setters = [...(isBad(pod.spec) ? ['pod'] : []), ...(bad.length > 0 ? [named('container', bad)] : [])]
  return setters.length > 0 ? setters.join(' and ') : undefined
}
const holdersOf = (pod: PodLike): JsonObject[] => [pod.spec, ...containersOf(pod.spec)]

const typeIn = (holder: JsonObject, field: string): unknown => {
  const value = contextOf(holder)[field]
  return isObject(value) ? (value.type ?? '') : undefined
}

function appArmor(pod: PodLike): Violation | undefined {
  const allowed = new Set([undefined, 'RuntimeDefault', 'Localhost'])
  const isBad = (holder: JsonObject) => !allowed.has(typeIn(holder, 'appArmorProfile') as string | undefined)
  const annotations = Object.entries(pod.annotations)
    .filter(([key]) => key.startsWith('container.apparmor.security.beta.kubernetes.io/'))
    .filter(([, value]) => value !== '' && value !== 'runtime/default' && !value.startsWith('localhost/'))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
  const values = [
    ...sorted(
      holdersOf(pod)
        .filter(isBad)
        .map((holder) => typeIn(holder, 'appArmorProfile')),
    ),
    ...annotations,
  ]
  if (values.length === 0) return undefined
  const setters = settersOf(pod, isBad)
  const who = [setters, annotations.length > 0 ? plural('annotation', annotations.length) : undefined]
  return {
    reason: plural('forbidden AppArmor profile', values.length),
    // Go joins these without escaping the quotes inside.
    detail: `${who.filter(Boolean).join(' and ')} must not set AppArmor profile type to "${values.join('", "')}"`,
  }
}

const defaultCapabilities = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
])
export const capabilitiesOf = (container: JsonObject, part: 'add' | 'drop'): string[] => {
  const { capabilities } = contextOf(container)
  const list = isObject(capabilities) ? capabilities[part] : undefined
  return Array.isArray(list) ? list.map(String) : []
}

/** Who adds capabilities that are not among the allowed ones. */
export function forbiddenAdds(pod: PodLike, allowed: ReadonlySet<string>): string | undefined {
  const forbidden = (container: JsonObject) => capabilitiesOf(container, 'add').filter((name) => !allowed.has(name))
  const bad = containersOf(pod.spec).filter((container) => forbidden(container).length > 0)
  if (bad.length === 0) return undefined
  return `${named('container', bad)} must not include ${quoted(sorted(bad.flatMap(forbidden)))} in securityContext.capabilities.add`
}

function capabilities(pod: PodLike): Violation | undefined {
  const detail = forbiddenAdds(pod, defaultCapabilities)
  return detail === undefined ? undefined : { reason: 'non-default capabilities', detail }
}

function hostNamespaces({ spec }: PodLike): Violation | undefined {
  const used = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field] === true)
  if (used.length === 0) return undefined
  return { reason: 'host namespaces', detail: used.map((field) => `${field}=true`).join(', ') }
}

function hostPath({ spec }: PodLike): Violation | undefined {
  const bad = objectsIn(spec.volumes).filter((volume) => volume.hostPath !== undefined)
  return bad.length === 0 ? undefined : { reason: 'hostPath volumes', detail: named('volume', bad) }
}

function hostPorts({ spec }: PodLike): Violation | undefined {
  const portsOf = (container: JsonObject) => objectsIn(container.ports).flatMap((port) => port.hostPort || [])
  const bad = containersOf(spec).filter((container) => portsOf(container).length > 0)
  if (bad.length === 0) return undefined
  const ports = sorted(bad.flatMap(portsOf))
  const verb = bad.length === 1 ? 'uses' : 'use'
  return {
    reason: 'hostPort',
    detail: `${named('container', bad)} ${verb} ${plural('hostPort', ports.length)} ${ports.join(', ')}`,
  }
}

function hostProbes({ spec }: PodLike): Violation | undefined {
  const hostsOf = (container: JsonObject) => {
    const lifecycle = isObject(container.lifecycle) ? container.lifecycle : {}
    return [
      container.livenessProbe,
      container.readinessProbe,
      container.startupProbe,
      lifecycle.postStart,
      lifecycle.preStop,
    ].flatMap((handler) =>
      isObject(handler)
        ? [handler.httpGet, handler.tcpSocket].flatMap((action) => (isObject(action) && action.host) || [])
        : [],
    )
  }
  const bad = containersOf(spec).filter((container) => hostsOf(container).length > 0)
  if (bad.length === 0) return undefined
  const hosts = sorted(bad.flatMap(hostsOf))
  const names = sorted(bad.map((container) => container.name))
  return {
    reason: 'probe or lifecycle host',
    detail: `${plural('container', names.length)} ${quoted(names)} ${names.length === 1 ? 'uses' : 'use'} ${plural('probe or lifecycle host', hosts.length)} ${quoted(hosts)}`,
  }
}

function privileged({ spec }: PodLike): Violation | undefined {
  const bad = containersOf(spec).filter((container) => contextOf(container).privileged === true)
  if (bad.length === 0) return undefined
  return { reason: 'privileged', detail: `${named('container', bad)} must not set securityContext.privileged=true` }
}

/** From v1.35 on a pod with its own user namespace may. */
export const inUserNamespace = ({ spec }: PodLike): boolean => spec.hostUsers === false

export function procMount({ spec }: PodLike): Violation | undefined {
  const mountOf = (container: JsonObject) => contextOf(container).procMount
  const bad = containersOf(spec).filter((one) => mountOf(one) !== undefined && mountOf(one) !== 'Default')
  if (bad.length === 0) return undefined
  return {
    reason: 'procMount',
    detail: `${named('container', bad)} must not set securityContext.procMount to ${quoted(sorted(bad.map(mountOf)))}`,
  }
}

function seLinux(pod: PodLike, types: readonly string[]): Violation | undefined {
  const optionsOf = (holder: JsonObject): JsonObject | undefined => {
    const options = contextOf(holder).seLinuxOptions
    return isObject(options) ? options : undefined
  }
  const badType = (options: JsonObject) => !types.includes(String(options.type ?? ''))
  const isBad = (holder: JsonObject) => {
    const options = optionsOf(holder)
    return options !== undefined && (badType(options) || Boolean(options.user) || Boolean(options.role))
  }
  const setters = settersOf(pod, isBad)
  if (setters === undefined) return undefined
  const options = holdersOf(pod).flatMap((holder): JsonObject[] => {
    const own = optionsOf(holder)
    return own === undefined ? [] : [own]
  })
  const badTypes = sorted(options.filter(badType).map((one) => one.type))
  const data = [
    ...(badTypes.length > 0 ? [`${plural('type', badTypes.length)} ${quoted(badTypes)}`] : []),
    ...(options.some((one) => one.user) ? ['user may not be set'] : []),
    ...(options.some((one) => one.role) ? ['role may not be set'] : []),
  ]
  return {
    reason: 'seLinuxOptions',
    detail: `${setters} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}`,
  }
}
const seLinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t']

/** The forbidden seccomp profiles that are set, by whom. */
export function badSeccomp(pod: PodLike): Violation | undefined {
  const isBad = (holder: JsonObject) =>
    ![undefined, 'RuntimeDefault', 'Localhost'].includes(typeIn(holder, 'seccompProfile') as string | undefined)
  const setters = settersOf(pod, isBad)
  if (setters === undefined) return undefined
  const types = sorted(
    holdersOf(pod)
      .filter(isBad)
      .map((holder) => typeIn(holder, 'seccompProfile')),
  )
  return {
    reason: 'seccompProfile',
    detail: `${setters} must not set securityContext.seccompProfile.type to ${quoted(types)}`,
  }
}

function seccompAnnotations({ annotations, spec }: PodLike): Violation | undefined {
  const keys = [
    'seccomp.security.alpha.kubernetes.io/pod',
    ...containersOf(spec).map((one) => `container.seccomp.security.alpha.kubernetes.io/${String(one.name)}`),
  ]
  const isAllowed = (value: string) =>
    value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/')
  const bad = sorted(
    keys.flatMap((key) => {
      const value = annotations[key]
      return value === undefined || isAllowed(value) ? [] : [`${key}=${JSON.stringify(value)}`]
    }),
  )
  if (bad.length === 0) return undefined
  return { reason: 'seccompProfile', detail: `forbidden ${plural('annotation', bad.length)} ${bad.join(', ')}` }
}

/** Sysctls that are safe, with the version from which they count as such. */
const safeSysctls: Readonly<Record<string, number>> = {
  'kernel.shm_rmid_forced': 0,
  'net.ipv4.ip_local_port_range': 0,
  'net.ipv4.tcp_syncookies': 0,
  'net.ipv4.ping_group_range': 0,
  'net.ipv4.ip_unprivileged_port_start': 0,
  'net.ipv4.ip_local_reserved_ports': 27,
  'net.ipv4.tcp_keepalive_time': 29,
  'net.ipv4.tcp_fin_timeout': 29,
  'net.ipv4.tcp_keepalive_intvl': 29,
  'net.ipv4.tcp_keepalive_probes': 29,
  'net.ipv4.tcp_rmem': 32,
  'net.ipv4.tcp_wmem': 32,
}

function sysctls({ spec }: PodLike, minor: number): Violation | undefined {
  const bad = objectsIn(contextOf(spec).sysctls)
    .map((one) => String(one.name))
    .filter((name) => {
      const since = safeSysctls[name]
      return since === undefined || since > minor
    })
  return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') }
}

function windowsHostProcess(pod: PodLike): Violation | undefined {
  const setters = settersOf(pod, (holder) => {
    const options = contextOf(holder).windowsOptions
    return isObject(options) && options.hostProcess === true
  })
  if (setters === undefined) return undefined
  return { reason: 'hostProcess', detail: `${setters} must not set securityContext.windowsOptions.hostProcess=true` }
}

/** In the order of their ids, which is that of the texts. Those with a version inside take it as an argument. */
export const baselineChecks = (minor: number): readonly Check[] => [
  { id: 'appArmorProfile', run: appArmor },
  { id: 'capabilities_baseline', run: capabilities },
  { id: 'hostNamespaces', run: hostNamespaces },
  { id: 'hostPathVolumes', run: hostPath },
  { id: 'hostPorts', run: hostPorts },
  { id: 'hostProbesAndHostLifecycle', since: 34, run: hostProbes },
  { id: 'privileged', run: privileged },
  { id: 'procMount', run: (pod) => (minor >= 35 && inUserNamespace(pod) ? undefined : procMount(pod)) },
  {
    id: 'seLinuxOptions',
    run: (pod) => seLinux(pod, minor >= 31 ? [...seLinuxTypes, 'container_engine_t'] : seLinuxTypes),
  },
  { id: 'seccompProfile_baseline', run: minor >= 19 ? badSeccomp : seccompAnnotations },
  { id: 'sysctls', run: (pod) => sysctls(pod, minor) },
  { id: 'windowsHostProcess', run: windowsHostProcess },
]
