/** The address by which the pods of a real cluster reach the platform. */
import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import type { ClusterAdmin, Manifest } from './cluster-admin.ts'

type Node = Manifest & { status?: { addresses?: { type: string; address: string }[] } }

/**
 * The addresses of this machine, loopback apart, that an advertised address stands for: the front listens there as well. None
 * for an address that is somewhere else, such as a load balancer or an ingress, which has its own way to the front.
 */
export async function ownAddresses(url: string): Promise<string[]> {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  const meant = await lookup(host, { all: true }).catch(() => [])
  const own = new Set(
    Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ internal }) => !internal)
      .map(({ address }) => address),
  )
  return [...new Set(meant.map(({ address }) => address))].filter((address) => own.has(address))
}

/** The address that this machine has on the way to the cluster's nodes: what `KEELSON_ADVERTISED_URL` is probably to name. */
export async function guessAdvertisedHost(admin: ClusterAdmin): Promise<string | null> {
  const nodes = await admin.list<Node>('/api/v1/nodes?limit=5').catch(() => [])
  for (const { status } of nodes) {
    const node = status?.addresses?.find(({ type }) => type === 'InternalIP')?.address
    const here = node === undefined ? null : await addressTowards(node)
    if (here !== null) return here
  }
  return null
}

/** Connecting a datagram socket sends nothing: the system only chooses the way. */
export function addressTowards(address: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    const end = (found: string | null) => {
      socket.close()
      resolve(found)
    }
    // Node hands a failed look-up to the callback, which its types leave out.
    socket.connect(9, address, (error?: Error | null) => end(error ? null : socket.address().address))
  })
}
