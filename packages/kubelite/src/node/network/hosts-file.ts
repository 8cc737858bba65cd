import type { EndpointSlice, Service } from '../../controllers/endpoint-slice.ts'
import { doorAddress } from '../../service-addresses.ts'
import type { Pod } from '../types.ts'
import { isClusterIp, isReachable, serviceOf } from './ruleset.ts'

export const clusterDomain = 'cluster.local'

export type Names = { services: readonly Service[]; slices: readonly EndpointSlice[] }

/**
 * The names that the cluster's DNS would answer for Services, as lines of a hosts file (DNS-Based Service Discovery 1.1.0):
 * a ClusterIP, or each ready endpoint of a headless Service, and `hostname.service` for endpoints with a host name. Each
 * name stands in all the forms that a pod's search path allows; the shortest is for the Service's own namespace. Pure.
 */
export function serviceLines({ services, slices }: Names, namespace: string): string[] {
  const byService = Map.groupBy(slices, (slice) => `${slice.metadata.namespace}/${serviceOf(slice)}`)
  const lines = services.flatMap((service) => {
    const { name = '', namespace: at = '' } = service.metadata
    const forms = (first: string) => formsOf(first, at, namespace).join(' ')
    const { clusterIP } = service.spec
    if (clusterIP !== 'None') {
      return isClusterIp(clusterIP) ? [`${clusterIP}\t${forms(name)}`] : []
    }
    const endpoints = (byService.get(`${at}/${name}`) ?? []).flatMap((slice) => slice.endpoints ?? [])
    return endpoints
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses, hostname }) =>
        addresses
          .filter(isReachable)
          .map((address) => `${address}\t${isLabel(hostname) ? `${forms(`${hostname}.${name}`)} ` : ''}${forms(name)}`),
      )
  })
  const isThere = services.some(({ metadata }) => metadata.name === 'kubernetes' && metadata.namespace === 'default')
  const api = isThere ? [] : [`${doorAddress}\t${formsOf('kubernetes', 'default', namespace).join(' ')}`]
  return [...api, ...lines].sort()
}

/** Anybody who may write an EndpointSlice chooses host names in it: nothing but a name gets into another's file. */
const isLabel = (text: string | undefined) => text !== undefined && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)

function formsOf(first: string, at: string, from: string): string[] {
  const service = `${first}.${at}.svc`
  return [`${service}.${clusterDomain}`, service, `${first}.${at}`, ...(at === from ? [first] : [])]
}

/** The host name that a pod has on Kubernetes: its own field, or its name, at most 63 characters of it. */
export function hostNameOf(pod: Pod): string {
  return pod.spec.hostname || (pod.metadata.name ?? '').slice(0, 63).replace(/[-.]+$/, '')
}

/** A pod's `/etc/hosts`: as the kubelet writes it (`kubelet_pods.go`, `managedHostsFileContent`), then the Services. Pure. */
export function hostsFile(pod: Pod, podIP: string, lines: readonly string[]): string {
  const host = hostNameOf(pod)
  const full = pod.spec.subdomain
    ? `${host}.${pod.spec.subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}\t`
    : ''
  return [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    `${podIP}\t${full}${host}`,
    ...aliasLines(pod),
    '',
    '# Services, kept up to date by Keelson.',
    ...lines,
    '',
  ].join('\n')
}

/** The pod's own names of addresses, as the kubelet writes them; nothing when it has none. */
export function aliasLines({ spec }: Pod): string[] {
  const aliases = (spec.hostAliases ?? []).map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}`)
  return aliases.length === 0 ? [] : ['', '# Entries added by HostAliases.', ...aliases]
}
