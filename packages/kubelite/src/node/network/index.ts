/**
 * The network of this node's pods: where each one is, what it is told, and that it is there. In the shared mode a pod is a
 * loopback address; in the namespaced mode it is a network namespace with a link to the host (`links.ts`), with rules for
 * Services (`ruleset.ts`) and a hosts file with their names (`hosts-file.ts`). All of it outlives kubelite.
 */
import { existsSync } from 'node:fs'
import { constants, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '@keelson/process/logger'
import type { KubeliteClient } from '../../client.ts'
import { doorAddress } from '../../service-addresses.ts'
import type { PodNetworkKind, PodRecord } from '../pod-record.ts'
import { chooseAddress } from '../ports.ts'
import type { Pod } from '../types.ts'
import { followServices } from './cluster-state.ts'
import { decidePodNetwork, type PodNetworkDecision, type PodNetworkWish } from './decide.ts'
import { hostNameOf, hostsFile, type Names, serviceLines } from './hosts-file.ts'
import { readIdentity } from './identity.ts'
import { ensurePodLink, namespacePath, podLinkName, podLinkNames, removeNetwork, removePodLink } from './links.ts'
import { choosePodAddress, isInRange, nodeAddress } from './range.ts'
import { ruleset } from './ruleset.ts'
import { run } from './run.ts'

export { decidePodNetwork, type PodNetworkDecision, type PodNetworkWish } from './decide.ts'

/** What a container is started with, so that it is in its pod's network. */
export type PodEntrance = {
  /** The words in front of the container's own. */
  words: string[]
  /** The pod's hosts file; null: the host's. */
  hosts: string | null
  /** The name that the pod's processes find the machine to have; null: the host's. */
  hostName: string | null
}

type Placed = { record: PodRecord; pod: Pod; podDir: string; isLinked: boolean }

const gatherMs = 20
const retryMs = 2_000
const resyncMs = 30_000

export class PodNetwork {
  readonly mode: 'shared' | 'namespaced'
  readonly reason: string
  private readonly decision: PodNetworkDecision
  private readonly stateDir: string
  private readonly apiPort: number
  private readonly doors: readonly number[]
  private readonly log: Logger
  private readonly placed = new Map<string, Placed>()
  private names: () => Names = () => ({ services: [], slices: [] })
  private timer: NodeJS.Timeout | undefined
  private applying: Promise<void> = Promise.resolve()
  private applied = ''
  private stopped = false

  constructor(
    decision: PodNetworkDecision,
    options: { stateDir: string; apiPort: number; doors: readonly number[]; log: Logger },
  ) {
    this.decision = decision
    this.mode = decision.mode
    this.reason = decision.reason
    this.stateDir = options.stateDir
    this.apiPort = options.apiPort
    this.doors = options.doors
    this.log = options.log
  }

  /** The node's address, as pods and Services know it. */
  get hostIP(): string {
    return this.decision.mode === 'namespaced' ? nodeAddress(this.decision.identity.range) : '127.0.0.1'
  }

  /** Follows the Services. Resolves when pods can be started. */
  async start(client: KubeliteClient, signal: AbortSignal): Promise<void> {
    if (this.mode === 'shared') return
    const { names } = await followServices(client, { log: this.log, signal }, () => this.changed())
    this.names = names
    // As a service proxy does: another firewall's reload may have dropped the rules.
    const timer = setInterval(() => {
      this.applied = ''
      this.changed()
    }, resyncMs).unref()
    signal.addEventListener('abort', () => clearInterval(timer), { once: true })
  }

  /** Removes the links of pods that nobody knows any more: of those that `adopt` was not called for. */
  async clearUp(): Promise<void> {
    if (this.decision.mode === 'shared') {
      // Of a time in the other mode. What cannot be removed (by another user, say) is in nobody's way.
      return removePodNetwork(this.stateDir).catch((error) => this.log.warn('old pod network not removed', { error }))
    }
    const { identity } = this.decision
    const known = new Set([...this.placed.values()].map(({ record }) => podLinkName(identity, record.podIP)))
    for (const name of await podLinkNames(identity.id)) if (!known.has(name)) await removePodLink(name)
    await this.apply()
  }

  /** Chooses a pod's network and address, once for its life here. Throws when no address is left. */
  place(pod: Pod, podDir: string, rest: Omit<PodRecord, 'podIP' | 'network'>): PodRecord {
    const network = this.kindFor(pod)
    const record: PodRecord = { ...rest, network, podIP: this.chooseAddress(network, rest.uid) }
    this.placed.set(rest.uid, { record, pod, podDir, isLinked: false })
    return record
  }

  /** Takes a pod over that an earlier run placed; false when this node's network is another one by now. */
  adopt(record: PodRecord, pod: Pod, podDir: string): boolean {
    const { network = 'shared' } = record
    const fits =
      network === this.kindFor(pod) &&
      (network === 'shared' ||
        (network === 'host' && record.podIP === this.hostIP) ||
        (this.decision.mode === 'namespaced' && isInRange(record.podIP, this.decision.identity.range)))
    if (fits) this.placed.set(record.uid, { record, pod, podDir, isLinked: false })
    return fits
  }

  private kindFor(pod: Pod): PodNetworkKind {
    if (this.mode === 'shared') return 'shared'
    return pod.spec.hostNetwork ? 'host' : 'namespaced'
  }

  private chooseAddress(network: PodNetworkKind, uid: string): string {
    if (network === 'host') return this.hostIP
    const used = new Set([...this.placed.values()].map(({ record }) => record.podIP))
    if (this.decision.mode === 'shared') return chooseAddress(uid, used)
    const address = choosePodAddress(this.decision.identity.range, uid, used)
    if (address === null) throw new Error(`every address of ${this.decision.identity.range} is in use`)
    return address
  }

  /** Where a pod finds the API server. */
  apiFor(record: PodRecord): { host: string; port: string } {
    return record.network === 'namespaced'
      ? { host: doorAddress, port: '443' }
      : { host: '127.0.0.1', port: String(this.apiPort) }
  }

  /** Makes a pod's network where it is not there yet, and says how to get into it. */
  async enter(record: PodRecord): Promise<PodEntrance> {
    const placed = this.placed.get(record.uid)
    if (this.decision.mode === 'shared' || record.network !== 'namespaced' || placed === undefined)
      return { words: [], hosts: null, hostName: null }
    if (!placed.isLinked) {
      await ensurePodLink(this.decision.identity, record.podIP)
      placed.isLinked = true
      await writeHosts(placed, serviceLines(this.names(), record.namespace))
      this.changed()
    }
    const name = podLinkName(this.decision.identity, record.podIP)
    return {
      words: ['nsenter', `--net=${namespacePath(name)}`, '--'],
      hosts: hostsPath(placed),
      hostName: hostNameOf(placed.pod),
    }
  }

  /**
   * A pod whose containers are over, or that is gone: its address is free again. It may have been free before a restart, after
   * which every pod that has a folder is taken over anew, and another pod's by now: the link is then that pod's.
   */
  async release(record: PodRecord): Promise<void> {
    const placed = this.placed.get(record.uid)
    if (placed === undefined) return
    const isOthers = [...this.placed.values()].some((each) => each !== placed && each.record.podIP === record.podIP)
    if (this.decision.mode === 'namespaced' && record.network === 'namespaced' && !isOthers)
      await removePodLink(podLinkName(this.decision.identity, record.podIP))
    this.placed.delete(record.uid)
    if (record.network === 'namespaced') this.changed()
  }

  /** Lets go: pods go on as they are. With no pod there is nothing to keep. */
  async stop(): Promise<void> {
    this.stopped = true
    clearTimeout(this.timer)
    await this.applying
    if (this.decision.mode === 'namespaced' && this.placed.size === 0) await removeNetwork(this.decision.identity.id)
  }

  private changed(afterMs = gatherMs): void {
    if (this.stopped) return
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      this.applying = this.applying
        .then(() => this.apply())
        .catch((error) => {
          this.log.warn('pod network not brought up to date', { error })
          this.changed(retryMs)
        })
    }, afterMs)
  }

  /** Brings the rules and every pod's hosts file up to date. */
  private async apply(): Promise<void> {
    if (this.decision.mode === 'shared') return
    const names = this.names()
    const pods = [...this.placed.values()].filter(({ record }) => record.network === 'namespaced')
    const rules = ruleset({
      ...names,
      identity: this.decision.identity,
      pods: pods.map(({ pod, record }) => ({ pod, podIP: record.podIP })),
      apiPort: this.apiPort,
      doors: this.doors,
      forwards: await forwards(),
    })
    if (rules !== this.applied) await run('nft', ['-f', '-'], rules)
    this.applied = rules
    const lines = new Map<string, string[]>()
    for (const placed of pods.filter((each) => each.isLinked || existsSync(hostsPath(each)))) {
      const { namespace } = placed.record
      const own = lines.get(namespace) ?? serviceLines(names, namespace)
      lines.set(namespace, own)
      await writeHosts(placed, own)
    }
  }
}

/** Opens the network of a state folder in the mode that is wished for, or in the shared one with the reason. */
export async function openPodNetwork(options: {
  stateDir: string
  wish: PodNetworkWish
  apiPort: number
  doors: readonly number[]
  log: Logger
}): Promise<PodNetwork> {
  const decision = await decidePodNetwork(options.stateDir, options.wish)
  if (decision.mode === 'shared' && options.wish === 'namespaced') options.log.warn('pod network', decision)
  else options.log.info('pod network', { mode: decision.mode, reason: decision.reason })
  return new PodNetwork(decision, options)
}

/** Removes all that a folder's network left in the kernel; its pods must have ended. */
export async function removePodNetwork(stateDir: string): Promise<void> {
  const identity = await readIdentity(stateDir)
  if (identity !== null && process.platform === 'linux') await removeNetwork(identity.id)
}

const hostsPath = ({ podDir }: Placed) => join(podDir, 'hosts')

/** In place: containers see the file through a mount of it, which a new file in its stead would not reach. */
async function writeHosts(placed: Placed, lines: readonly string[]): Promise<void> {
  const text = hostsFile(placed.pod, placed.record.podIP, lines)
  if ((await readFile(hostsPath(placed), 'utf8').catch(() => null)) === text) return
  // Over the old text first and shortened then, so that a reader between the two finds names rather than none.
  const file = await open(hostsPath(placed), constants.O_RDWR | constants.O_CREAT, 0o644)
  try {
    const bytes = Buffer.from(text)
    await file.write(bytes, 0, bytes.length, 0)
    await file.truncate(bytes.length)
  } finally {
    await file.close()
  }
}

async function forwards(): Promise<boolean> {
  return (await readFile('/proc/sys/net/ipv4/ip_forward', 'utf8').catch(() => '0')).trim() === '1'
}
