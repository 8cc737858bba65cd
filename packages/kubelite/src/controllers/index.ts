/**
 * The controllers of kubelite: workloads, volumes, budgets. Each watches, compares what is with what is wished and does
 * the next step; none remembers anything that the API does not hold.
 */
import type { Clock } from '@keelson/process/clock'
import type { Logger } from '@keelson/process/logger'
import type { KubeliteClient, NodeUsage } from '../client.ts'
import { type Pod, pods } from '../node/types.ts'
import { startAutoscaler } from './autoscaler.ts'
import { openCache } from './cache.ts'
import type { ControllerContext } from './context.ts'
import { type ControllerRevision, controllerRevisions } from './controller-revision.ts'
import { startCronJobController } from './cron-job.ts'
import { startDaemonSetController } from './daemon-set.ts'
import { startDeploymentController } from './deployment.ts'
import { startDisruptionController } from './disruption.ts'
import { startEndpointSliceController } from './endpoint-slice.ts'
import { createEventRecorder } from './event-recorder.ts'
import { startJobController } from './job.ts'
import { startReplicaSetController, startReplicationController } from './replica-set.ts'
import { startStatefulSetController } from './stateful-set.ts'
import { startVolumeBinder } from './volume-binder.ts'

/** Starts all of them; `stop` ends their watches. What they were about to do is done after the next start. */
export function startControllers(options: {
  client: KubeliteClient
  log: Logger
  clock: Clock
  /** What pods use now; null without a node. */
  usage(): Promise<NodeUsage | null>
}): {
  stop(): Promise<void>
} {
  const { client, clock } = options
  const abort = new AbortController()
  const log = options.log.with({ component: 'controllers' })
  const context = (component: string): ControllerContext => ({
    client,
    clock,
    log,
    events: createEventRecorder({ client, component, clock, log }),
    signal: abort.signal,
  })
  const podCache = openCache<Pod>(client, pods, {}, { log, signal: abort.signal })
  const jobCache = startJobController(context('job-controller'), podCache)
  startCronJobController(context('cronjob-controller'), jobCache)
  const setCache = startReplicaSetController(context('replicaset-controller'), podCache)
  const controllerCache = startReplicationController(context('replication-controller'), podCache)
  startDeploymentController(context('deployment-controller'), setCache, podCache)
  const revisions = openCache<ControllerRevision>(client, controllerRevisions, {}, { log, signal: abort.signal })
  startStatefulSetController(context('statefulset-controller'), podCache, revisions)
  startDaemonSetController(context('daemonset-controller'), podCache, revisions)
  startDisruptionController(context('controllermanager'), podCache, setCache, controllerCache)
  startAutoscaler(context('horizontal-pod-autoscaler'), podCache, options.usage)
  startVolumeBinder(context('persistentvolume-controller'), podCache)
  startEndpointSliceController(context('endpoint-slice-controller'), podCache)
  return {
    stop: async () => {
      abort.abort()
    },
  }
}
