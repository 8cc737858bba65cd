/** The files of `/etc` that a pod has of its own: names of hosts, and where names are asked for. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mount } from './mounts.ts'
import { aliasLines } from './network/hosts-file.ts'
import type { Pod } from './types.ts'

/** Mounts for what the pod asks for; `hosts` is the file that its network has for it, or null for the machine's. */
export async function etcMounts(pod: Pod, podDir: string, hosts: string | null): Promise<Mount[]> {
  const mount = (source: string, target: string): Mount => ({ source, target, readOnly: false, file: true })
  const mounts: Mount[] = []
  const aliases = aliasLines(pod)
  if (hosts !== null) mounts.push(mount(hosts, '/etc/hosts'))
  else if (aliases.length > 0) {
    const source = join(podDir, 'hosts')
    const machine = await machineFile('/etc/hosts')
    await writeFile(source, ['# Kubernetes-managed hosts file (host network).', machine, ...aliases, ''].join('\n'))
    mounts.push(mount(source, '/etc/hosts'))
  }
  if (!asksForNames(pod)) return mounts
  const source = join(podDir, 'resolv.conf')
  await writeFile(source, resolvConf(pod, await machineFile('/etc/resolv.conf')))
  return [...mounts, mount(source, '/etc/resolv.conf')]
}

const machineFile = (path: string) => readFile(path, 'utf8').catch(() => '')

const asksForNames = ({ spec }: Pod) => spec.dnsPolicy === 'None' || spec.dnsConfig !== undefined

/** True when nothing of the machine's will do. */
export const needsEtcFiles = (pod: Pod): boolean => asksForNames(pod) || aliasLines(pod).length > 0

/**
 * The machine's resolv.conf with what the pod adds to it (`appendDNSConfig` of the kubelet), or with the policy `None` the
 * pod's alone. A cluster's own DNS there is not: `ClusterFirst` is `Default`. Pure.
 */
export function resolvConf({ spec }: Pod, machine: string): string {
  const words = (spec.dnsPolicy === 'None' ? '' : machine).split('\n').map((line) => line.trim().split(/\s+/))
  const of = (name: string) => words.filter(([first]) => first === name).map(([, ...rest]) => rest)
  const { nameservers = [], searches = [], options = [] } = spec.dnsConfig ?? {}
  const servers = new Set([...of('nameserver').flat(), ...nameservers])
  // The last line counts (resolv.conf(5)).
  const domains = new Set([...(of('search').at(-1) ?? []), ...searches])
  const flags = new Map<string, string>()
  for (const flag of of('options').flat()) flags.set(flag.split(':')[0] ?? '', flag)
  for (const { name, value } of options) flags.set(name, value ? `${name}:${value}` : name)
  const line = (name: string, values: Iterable<string>) => {
    const text = [...values].join(' ')
    return text === '' ? [] : [`${name} ${text}`]
  }
  return [
    ...line('search', domains),
    ...[...servers].map((server) => `nameserver ${server}`),
    ...line('options', flags.values()),
    '',
  ].join('\n')
}
