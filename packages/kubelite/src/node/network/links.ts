/**
 * What the kernel holds for a node's pod network, all of it found again by its name: `kl<id>`, a bridge without ports that
 * carries the node's address and, as its alias, the folder it belongs to; `kl<id>p<n>` for each pod, the name of its network
 * namespace and of the host's end of its link; and the nft table `keelson_<id>`. Whoever reads these names can clear up.
 *
 * Pods are routed, not bridged: all that they send goes through the host's own rules, Services included, and no switch of the
 * machine (`br_netfilter`) decides whether they reach each other.
 */
import { existsSync, statfsSync } from 'node:fs'
import { readdir, readFile, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type NetworkIdentity, nodeAddress, offsetIn } from './range.ts'
import { run } from './run.ts'

const namespaceFolder = '/run/netns'
/** The file system of namespaces (`NSFS_MAGIC` in linux/magic.h). */
const nsfs = 0x6e736673
/** A folder is only looked for by those who see the same files: not by another container on the same network. */
const aliasPrefix = async () => `keelson ${await readlink('/proc/self/ns/mnt')} `
/** The kernel takes 255 bytes. */
const longestAlias = 250

export const anchorName = (id: string) => `kl${id}`
export const podLinkPrefix = (id: string) => `kl${id}p`
export const tableName = (id: string) => `keelson_${id}`

/** The name of a pod's namespace and link: 15 characters at most, which is all that the kernel takes. */
export function podLinkName({ id, range }: NetworkIdentity, address: string): string {
  return `${podLinkPrefix(id)}${offsetIn(range, address).toString(16)}`
}

export const namespacePath = (name: string) => join(namespaceFolder, name)

type Link = { ifname: string; ifalias?: string }

async function links(): Promise<Link[]> {
  return JSON.parse((await run('ip', ['-json', 'link', 'show'])) || '[]') as Link[]
}

/** Every range and address that the machine's routes name. */
export async function takenRanges(): Promise<string[]> {
  const routes = JSON.parse((await run('ip', ['-json', '-4', 'route', 'show', 'table', 'all'])) || '[]') as {
    dst?: string
  }[]
  return routes.map(({ dst = '' }) => dst)
}

export const hasAnchor = (id: string) => existsSync(`/sys/class/net/${anchorName(id)}`)

export async function ensureAnchor({ id, range }: NetworkIdentity, stateDir: string): Promise<void> {
  const anchor = anchorName(id)
  const alias = `${await aliasPrefix()}${stateDir}`
  const lines = [
    ...(hasAnchor(id) ? [] : [`link add ${anchor} type bridge`]),
    `address replace ${nodeAddress(range)}/32 dev ${anchor}`,
    `link set ${anchor} up`,
  ]
  await run('ip', ['-batch', '-'], `${lines.join('\n')}\n`)
  // A word of its own: a path may hold spaces, which a batch cannot quote.
  if (Buffer.byteLength(alias) <= longestAlias) await run('ip', ['link', 'set', anchor, 'alias', alias])
}

/** Makes a pod's namespace and link, or what is missing of them. Can be called again at any time. */
export async function ensurePodLink(identity: NetworkIdentity, address: string): Promise<void> {
  const name = podLinkName(identity, address)
  const node = nodeAddress(identity.range)
  if (!isNamespace(name)) {
    // A name without a namespace is what a kill in between leaves; a link into a namespace that is gone is no use.
    await removePodLink(name)
    await run('ip', ['netns', 'add', name])
  }
  const linked = existsSync(`/sys/class/net/${name}`)
  const outside = [
    ...(linked ? [] : [`link add ${name} type veth peer name eth0 netns ${name}`]),
    `link set ${name} up`,
    `route replace ${address}/32 dev ${name} src ${node}`,
  ]
  await run('ip', ['-batch', '-'], `${outside.join('\n')}\n`)
  const inside = [
    'link set lo up',
    `address replace ${address}/32 dev eth0`,
    'link set eth0 up',
    `route replace ${node}/32 dev eth0`,
    `route replace default via ${node} dev eth0`,
  ]
  await run('ip', ['-netns', name, '-batch', '-'], `${inside.join('\n')}\n`)
  // On this link alone: the machine's own forwarding stays as it is. Without route_localnet a door that leads to the
  // loopback would be refused; the rules let nothing else through it.
  await Promise.all(
    ['forwarding', 'route_localnet'].map((switchName) =>
      writeFile(`/proc/sys/net/ipv4/conf/${name}/${switchName}`, '1'),
    ),
  )
}

function isNamespace(name: string): boolean {
  try {
    return statfsSync(namespacePath(name)).type === nsfs
  } catch {
    return false
  }
}

/** Removes a pod's link and namespace; what is not there is no error. */
export async function removePodLink(name: string): Promise<void> {
  // Each by itself, as the first failure ends a batch. The link first: a namespace lives on while a process is in it.
  if (existsSync(`/sys/class/net/${name}`)) await run('ip', ['link', 'delete', name]).catch(ignoreGone)
  if (existsSync(namespacePath(name))) await run('ip', ['netns', 'delete', name]).catch(ignoreGone)
}

function ignoreGone(error: unknown): void {
  if (!/Cannot find device|No such (file|device)/.test(String(error))) throw error
}

/** The names of all pods' links and namespaces of a node. */
export async function podLinkNames(id: string): Promise<string[]> {
  const prefix = podLinkPrefix(id)
  const all = [...(await links()).map(({ ifname }) => ifname), ...(await readdir(namespaceFolder).catch(() => []))]
  return [...new Set(all)].filter((name) => name.startsWith(prefix) && /^[0-9a-f]+$/.test(name.slice(prefix.length)))
}

/** Removes everything of a node's network. Its own link was made first and goes last: without it there is nothing. */
export async function removeNetwork(id: string): Promise<void> {
  if (!hasAnchor(id)) return
  for (const name of await podLinkNames(id)) await removePodLink(name)
  await run('nft', ['-f', '-'], `add table ip ${tableName(id)}\ndelete table ip ${tableName(id)}\n`)
  await run('ip', ['link', 'delete', anchorName(id)]).catch(ignoreGone)
}

/** The networks of folders that are no more, or that have another network by now. */
export async function abandonedNetworks(): Promise<string[]> {
  const prefix = await aliasPrefix()
  const ours = (await links()).flatMap(({ ifname, ifalias = '' }) => {
    const id = /^kl([0-9a-f]{6})$/.exec(ifname)?.[1]
    return id !== undefined && ifalias.startsWith(prefix) ? [{ id, folder: ifalias.slice(prefix.length) }] : []
  })
  const checked = await Promise.all(
    ours.map(async ({ id, folder }) => {
      const kept = await readFile(join(folder, 'network.json'), 'utf8').catch(() => '')
      return kept.includes(`"${id}"`) ? [] : [id]
    }),
  )
  return checked.flat()
}
