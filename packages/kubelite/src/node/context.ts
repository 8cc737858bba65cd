import type { Clock } from '@keelson/process/clock'
import type { Logger } from '@keelson/process/logger'
import type { KubeliteClient } from '../client.ts'
import type { EventRecorder } from '../controllers/event-recorder.ts'
import type { HostEnvironment } from '../images/env.ts'
import type { ImageTable } from '../images/index.ts'
import type { ClaimBook } from './claim-book.ts'
import type { ConfigReader } from './container-env.ts'
import type { MountMode } from './mounts.ts'
import type { PodNetwork } from './network/index.ts'

/** What every part of the node is given. */
export type NodeContext = {
  claims: ClaimBook

  client: KubeliteClient
  clock: Clock
  log: Logger
  events: EventRecorder
  /** As the scheduler that binds pods to this node. */
  schedulerEvents: EventRecorder
  images: ImageTable
  hostEnv: HostEnvironment
  cacheDir: string | undefined
  environmentsDir: string | undefined
  stateDir: string
  claimsDir: string
  nodeName: string
  hostIP: string
  /** Where pods find the certificate of the API server. */
  caFile: string
  network: PodNetwork
  allocatable: { cpu: number; memory: number }
  mountMode: MountMode
  configOf(namespace: string): ConfigReader
  signal: AbortSignal
}
