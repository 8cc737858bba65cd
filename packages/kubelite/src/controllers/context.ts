import type { Clock } from '@keelson/process/clock'
import type { Logger } from '@keelson/process/logger'
import type { KubeliteClient } from '../client.ts'
import type { EventRecorder } from './event-recorder.ts'

/** What every workload controller is given. */
export type ControllerContext = {
  client: KubeliteClient
  clock: Clock
  log: Logger
  events: EventRecorder
  signal: AbortSignal
}
