import { type Profile, type TrainingJob, trainingKinds } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { KubeEvent } from '@keelson/core/activity'
import type { BaseCtx } from '@keelson/core/context'
import type { CullingSettings, NotebookOptions } from '@keelson/core/notebooks'
import { type Job, jobResourceOf, type Pod } from '@keelson/core/training'
import { type Informer, type KubeApi, resources } from '@keelson/kube'
import type { Logger } from '@keelson/process/logger'
import type { RunningService } from '@keelson/process/service'
import type { KindOwners } from './kind-owners.ts'

/** What every reconciler is given while this process leads. `signal` aborts when it stops leading. */
export type ControllerParts = {
  base: BaseCtx
  informers: SharedInformers
  /** Which kinds are ours in this cluster. */
  owners: KindOwners
  /** Path of the file with the labels of workspaces' namespaces, where there is one. */
  labelsFile?: string | undefined
  /** What TensorBoards run; Keelson's own image where it is not said. */
  tensorboardImage?: string | undefined
  /** `culling` is null where idle notebooks are let run. */
  notebooks: NotebookOptions & { culling: CullingSettings | null }
  log: Logger
  signal: AbortSignal
}

export type Reconciler = (parts: ControllerParts) => RunningService

/** Watches that more than one reconciler reads: one connection and one copy in memory for each kind. */
export type SharedInformers = {
  profiles: Informer<Profile>
  namespaces: Informer<KubeObject>
  pods: Informer<Pod>
  jobs: Informer<Job>
  events: Informer<KubeEvent>
  /** By kind: `TFJob`. */
  trainingJobs: ReadonlyMap<string, Informer<TrainingJob>>
}

export function openInformers(kube: KubeApi, signal: AbortSignal): SharedInformers {
  return {
    profiles: kube.inform<Profile>(resources.profiles, {}, signal),
    namespaces: kube.inform(resources.namespaces, {}, signal),
    pods: kube.inform<Pod>(resources.pods, {}, signal),
    jobs: kube.inform<Job>(resources.jobs, {}, signal),
    events: kube.inform<KubeEvent>(resources.events, {}, signal),
    trainingJobs: new Map(
      trainingKinds.flatMap(({ kind }) => {
        const resource = jobResourceOf(kind)
        return resource ? [[kind, kube.inform<TrainingJob>(resource, {}, signal)]] : []
      }),
    ),
  }
}
