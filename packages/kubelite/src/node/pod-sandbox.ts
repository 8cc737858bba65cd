import type { NodeContext } from './context.ts'
import { unresolvedName } from './network/headless.ts'
import type { PodEntrance } from './network/index.ts'
import type { PodRecord } from './pod-record.ts'
import { takenPort } from './ports.ts'
import type { Pod } from './types.ts'
import { ensureVolume, isLiveVolume, type ReadyVolume, type VolumeContext } from './volumes.ts'

const portRetryMs = 3_000
const networkRetryMs = 5_000
const volumeRetryMs = 2_000
const liveVolumeMs = 30_000

/** What a pod's containers share and need before the first one starts: its network with free ports, and its volumes. */
export class PodSandbox {
  private readonly context: NodeContext
  private readonly pod: () => Pod
  private readonly record: PodRecord
  private readonly podDir: string
  private readonly tokens: VolumeContext['tokens'] = new Map()
  private volumesAt = 0
  private toldOfNames = false
  /** Null until every volume is there. */
  volumes: Map<string, ReadyVolume> | null = null
  /** Null until the network is there. */
  entrance: PodEntrance | null = null
  /** Why the pod does not start, and until when there is no use in another try. */
  held: { reason: string; message: string; until: number } | null = null

  constructor(context: NodeContext, pod: () => Pod, record: PodRecord, podDir: string) {
    this.context = context
    this.pod = pod
    this.record = record
    this.podDir = podDir
  }

  /** True when containers may start. Otherwise `held` says why not, and an event told of it. */
  async prepare(anyRunning: boolean): Promise<boolean> {
    if (this.held !== null && this.held.until > this.now()) return false
    this.held = null
    if (!anyRunning) {
      const taken = await takenPort(this.pod().spec, this.record)
      if (taken !== null) return this.hold('PortInUse', taken, 'PortInUse', portRetryMs)
      if (await this.needsNames()) return false
    }
    try {
      this.entrance = await this.context.network.enter(this.record)
    } catch (error) {
      const message = `Failed to create pod sandbox: ${error instanceof Error ? error.message : String(error)}`
      return this.hold('ContainerCreating', message, 'FailedCreatePodSandBox', networkRetryMs)
    }
    if (this.volumes !== null) return true
    const ready = new Map<string, ReadyVolume>()
    for (const volume of this.pod().spec.volumes ?? []) {
      try {
        ready.set(volume.name, await ensureVolume(this.volumeContext(), volume))
      } catch (error) {
        const message = `MountVolume.SetUp failed for volume "${volume.name}" : ${error instanceof Error ? error.message : String(error)}`
        return this.hold('ContainerCreating', message, 'FailedMount', volumeRetryMs)
      }
    }
    this.volumes = ready
    this.volumesAt = this.now()
    return true
  }

  /** In the shared network nobody is found by name: a job that relies on it is held, another pod is told once. */
  private async needsNames(): Promise<boolean> {
    if (this.context.network.mode !== 'shared') return false
    const missing = await unresolvedName(this.context.client, this.pod())
    if (missing === null) return false
    if (missing.isJob) return !this.hold('PodNetworkShared', missing.message, 'PodNetworkShared', networkRetryMs)
    if (!this.toldOfNames) this.context.events.record(this.pod(), 'Warning', 'PodNetworkShared', missing.message)
    this.toldOfNames = true
    return false
  }

  /** Brings ConfigMaps, Secrets, labels and tokens up to date, now and then. A failure leaves what is there. */
  async refresh(): Promise<void> {
    if (this.now() - this.volumesAt < liveVolumeMs) return
    this.volumesAt = this.now()
    for (const volume of (this.pod().spec.volumes ?? []).filter(isLiveVolume)) {
      await ensureVolume(this.volumeContext(), volume).catch((error) => {
        this.context.log.warn('volume refresh failed', { name: this.record.name, volume: volume.name, error })
      })
    }
  }

  private hold(reason: string, message: string, event: string, retryMs: number): false {
    this.held = { reason, message, until: this.now() + retryMs }
    this.context.events.record(this.pod(), 'Warning', event, message)
    return false
  }

  private now(): number {
    return this.context.clock.now().getTime()
  }

  private volumeContext(): VolumeContext {
    const { client, claims, hostIP, nodeName, allocatable } = this.context
    const { namespace, podIP } = this.record
    return {
      facts: { pod: this.pod(), podIP, hostIP, nodeName, allocatable },
      podDir: this.podDir,
      config: this.context.configOf(namespace),
      claimPath: (name) => claims.pathOf(namespace, name),
      requestToken: client.requestToken.bind(client),
      tokens: this.tokens,
      now: () => this.now(),
    }
  }
}
