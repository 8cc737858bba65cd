import { readdir, readFile, readlink } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import { dialTcp } from '../streams/port-forward.ts'
import type { Attempt } from './attempt.ts'
import { insidePid } from './container-command.ts'
import { dialInNetworkOf } from './network/dial.ts'
import { processesByMark } from './processes.ts'

/** A listening TCP socket of the kernel's table; `address` in the notation of addresses. */
export type Listener = { address: string; port: number; inode: string }

/**
 * Connects to what a pod's own processes listen at, be it the pod's address, all addresses or the loopback that the machine
 * shares: what somebody else listens at is not the pod's. Where processes' sockets cannot be seen (not Linux), connects to
 * the pod's address.
 */
export async function connectToPod(attempts: readonly Attempt[], podIP: string, port: number): Promise<Duplex> {
  const refused = (why: string) =>
    new Error(`error forwarding port ${port} to the pod: failed to connect to localhost:${port}: ${why}`)
  const hosts = process.platform === 'linux' ? await hostsToDial(attempts, podIP, port) : [podIP]
  let failure = refused('connection refused: no container of the pod listens there')
  for (const host of hosts) {
    try {
      return await dial(attempts, host, port)
    } catch (error) {
      failure = refused(error instanceof Error ? error.message : String(error))
    }
  }
  throw failure
}

/** The loopback of a pod's own network is not the one that this process has. */
function dial(attempts: readonly Attempt[], host: string, port: number): Promise<Duplex> {
  const inside = networkOf(attempts)
  const isLoopback = host === '::1' || host.startsWith('127.')
  return isLoopback && inside !== undefined ? dialInNetworkOf(inside, host, port) : dialTcp(host, port)
}

/** A process in the pod's own network, where it has one. */
function networkOf(attempts: readonly Attempt[]): number | undefined {
  const networked = attempts.find(({ spec, started }) => spec.networked && started !== null)
  return networked && insidePid(networked)
}

async function hostsToDial(attempts: readonly Attempt[], podIP: string, port: number): Promise<string[]> {
  const byMark = await processesByMark()
  const pids = attempts.flatMap((attempt) => byMark.get(attempt.spec.id) ?? [])
  const first = networkOf(attempts) ?? pids[0]
  if (first === undefined || pids.length === 0) return []
  const inodes = new Set((await Promise.all(pids.map(socketsOf))).flat())
  const listeners = (await listenersSeenBy(first)).filter((each) => each.port === port && inodes.has(each.inode))
  // A wildcard is reached at the pod's own address, where nobody else answers.
  const hosts = listeners.flatMap(({ address }) =>
    address === '0.0.0.0' ? [podIP] : address === '::' ? [podIP, '::1'] : [address],
  )
  return [...new Set(hosts)]
}

async function socketsOf(pid: number): Promise<string[]> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => [])
  const links = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')))
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? [])
}

async function listenersSeenBy(pid: number): Promise<Listener[]> {
  const tables = ['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8').catch(() => ''))
  return (await Promise.all(tables)).flatMap(parseListeners)
}

const listenState = '0A'

/** Lines of /proc/net/tcp and tcp6 (proc_pid_net(5)) that are listening sockets. */
export function parseListeners(table: string): Listener[] {
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const [, local = '', , state] = fields
    const [address = '', port = ''] = local.split(':')
    const inode = fields[9]
    if (state !== listenState || inode === undefined) return []
    return [{ address: addressOf(address), port: Number.parseInt(port, 16), inode }]
  })
}

/** Words of 32 bits, each in the machine's byte order (little endian on what Node runs on). */
function addressOf(hex: string): string {
  const bytes = [...(hex.match(/.{8}/g) ?? [])].flatMap((word) => [...Buffer.from(word, 'hex')].reverse())
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.every((byte) => byte === 0)) return '::'
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  if (isMapped) return bytes.slice(12).join('.')
  return Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  ).join(':')
}
