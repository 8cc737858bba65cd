import { isIPv4 } from 'node:net'
import type { EndpointSlice, Service } from '../../controllers/endpoint-slice.ts'
import { doorAddress, serviceRange } from '../../service-addresses.ts'
import { lastingContainers, type Pod } from '../types.ts'
import { anchorName, podLinkPrefix, tableName } from './links.ts'
import { isInRange, type NetworkIdentity, nodeAddress } from './range.ts'

/** Everything that the rules follow from. */
export type RuleInput = {
  identity: NetworkIdentity
  services: readonly Service[]
  slices: readonly EndpointSlice[]
  /** Pods with a namespace of their own, and their addresses. */
  pods: readonly { pod: Pod; podIP: string }[]
  apiPort: number
  /** Ports of the host's loopback that pods reach at the door's address. */
  doors: readonly number[]
  /** Whether the machine forwards: then pods reach what it reaches. */
  forwards: boolean
}

type Target = { address: string; port: number }

/**
 * The rules of a node's network as one nft script, which the kernel takes as a whole or not at all. Connections that stand are
 * not touched by a change: the kernel remembers where each one leads. Pure.
 */
export function ruleset(input: RuleInput): string {
  const { identity, pods, forwards } = input
  const table = tableName(identity.id)
  const node = nodeAddress(identity.range)
  const fromPods = `iifname "${podLinkPrefix(identity.id)}*"`
  const toPods = `oifname "${podLinkPrefix(identity.id)}*"`
  const hostPorts = hostPortRules(pods)
  const chain = (name: string, hook: string, rules: readonly string[]) =>
    `  chain ${name} {\n    type ${hook}; policy accept;\n${rules.map((rule) => `    ${rule}\n`).join('')}  }`
  const chains = [
    // The doors lead to the loopback by translation only: what is addressed to it by a pod goes nowhere.
    chain('guard', 'filter hook prerouting priority raw', [`${fromPods} ip daddr 127.0.0.0/8 drop`]),
    chain('services', 'nat hook prerouting priority dstnat', [
      ...doorRules(input).map((rule) => `${fromPods} ${rule}`),
      ...serviceRules(input).map((rule) => `${fromPods} ${rule}`),
      ...hostPorts,
    ]),
    chain('host', 'nat hook output priority -100', hostPorts),
    chain('answers', 'nat hook postrouting priority srcnat', [
      // What leads back to its own sender must seem to come from elsewhere, or the answer never passes here again.
      ...(pods.length === 0
        ? []
        : [`ip saddr . ip daddr { ${pods.map(({ podIP }) => `${podIP} . ${podIP}`).join(', ')} } snat to ${node}`]),
      `ip saddr 127.0.0.0/8 ${toPods} snat to ${node}`,
      `ip saddr ${identity.range} oifname != { "lo", "${anchorName(identity.id)}" } oifname != "${podLinkPrefix(identity.id)}*" masquerade`,
    ]),
    chain('pass', 'filter hook forward priority filter', [
      // A Service that nobody serves, and an address that is no Service's.
      `${fromPods} ip daddr ${serviceRange} reject`,
      ...(forwards
        ? []
        : [`${fromPods} oifname != "${podLinkPrefix(identity.id)}*" reject with icmp type net-unreachable`]),
    ]),
  ]
  return `add table ip ${table}\nflush table ip ${table}\ntable ip ${table} {\n${chains.join('\n')}\n}\n`
}

function doorRules({ apiPort, doors }: RuleInput): string[] {
  return [
    `ip daddr ${doorAddress} tcp dport 443 dnat to 127.0.0.1:${apiPort}`,
    ...doors.map((port) => `ip daddr ${doorAddress} tcp dport ${port} dnat to 127.0.0.1:${port}`),
  ]
}

/** Of an older Service also: no address outside may lead pods astray. */
export function isClusterIp(address: string | undefined): address is string {
  return address !== undefined && isIPv4(address) && isInRange(address, serviceRange)
}

function serviceRules({ services, slices }: RuleInput): string[] {
  const byService = Map.groupBy(slices, (slice) => `${slice.metadata.namespace}/${serviceOf(slice)}`)
  return services.flatMap((service) => {
    const { clusterIP, ports = [], sessionAffinity } = service.spec
    if (!isClusterIp(clusterIP) || clusterIP === doorAddress) return []
    const own = byService.get(`${service.metadata.namespace}/${service.metadata.name}`) ?? []
    return ports.flatMap((port) => {
      const protocol = (port.protocol ?? 'TCP').toLowerCase()
      const targets = targetsOf(own, port.name ?? '', port.protocol ?? 'TCP')
      if ((protocol !== 'tcp' && protocol !== 'udp') || targets.length === 0) return []
      const match = `ip daddr ${clusterIP} ${protocol} dport ${port.port}`
      const turn = sessionAffinity === 'ClientIP' ? 'jhash ip saddr' : 'numgen inc'
      const map = targets.map(({ address, port: number }, index) => `${index} : ${address} . ${number}`).join(', ')
      return [`${match} dnat ip to ${turn} mod ${targets.length} map { ${map} }`]
    })
  })
}

export const serviceOf = (slice: EndpointSlice) => slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''

/** Ready endpoints of one port of a Service, each once, in an order that does not change by itself. */
function targetsOf(slices: readonly EndpointSlice[], portName: string, protocol: string): Target[] {
  const all = slices.flatMap(({ ports, endpoints }) => {
    const port = (ports ?? []).find((each) => (each.name ?? '') === portName && (each.protocol ?? 'TCP') === protocol)
    if (port?.port === undefined) return []
    return (endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses }) => addresses.slice(0, 1))
      .filter(isReachable)
      .map((address) => ({ address, port: port.port }))
  })
  return [...new Map(all.map((each) => [`${each.address}:${each.port}`, each])).values()].sort((a, b) =>
    `${a.address}:${a.port}`.localeCompare(`${b.address}:${b.port}`),
  )
}

/** Anybody who may write an EndpointSlice names addresses in it: never one of the host's loopback or of its own link. */
export function isReachable(address: string): boolean {
  return isIPv4(address) && !/^(0|127|169\.254|22[4-9]|2[3-5]\d)\./.test(address)
}

/** `hostPort`s answer at every address of the machine, or at `hostIP`, to pods, to the machine and to its neighbours. */
function hostPortRules(pods: RuleInput['pods']): string[] {
  return pods.flatMap(({ pod, podIP }) =>
    lastingContainers(pod.spec).flatMap(({ ports = [] }) =>
      ports.flatMap(({ hostPort, hostIP = '', containerPort, protocol = 'TCP' }) => {
        if (!hostPort || (protocol !== 'TCP' && protocol !== 'UDP')) return []
        const where = isIPv4(hostIP) && hostIP !== '0.0.0.0' ? `ip daddr ${hostIP}` : 'fib daddr type local'
        return [`${where} ${protocol.toLowerCase()} dport ${hostPort} dnat to ${podIP}:${containerPort}`]
      }),
    ),
  )
}
