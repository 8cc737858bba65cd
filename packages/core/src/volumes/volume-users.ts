import { type Notebook, type Tensorboard, viewerPartOf } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { VolumeUser } from '@keelson/contracts/volumes'
import { type KubeApi, resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { claimOfTensorboard } from '../tensorboards/index.ts'

type Volumes = { volumes?: { persistentVolumeClaim?: { claimName?: string } }[] }
export type Pod = KubeObject & { spec?: Volumes & { nodeName?: string }; status?: { phase?: string } }

export type VolumeUsers = {
  /** Pods that have it mounted, those that show its files apart, and what mounts it when it starts. */
  of(claim: string): VolumeUser[]
  /** Pods that are not over, also those that only show its files. */
  podsOf(claim: string): Pod[]
}

/** Who uses which claim of a workspace, as far as the caller may see pods and notebooks. */
export async function readVolumeUsers(api: KubeApi, namespace: string): Promise<VolumeUsers> {
  const [pods, notebooks, tensorboards] = await Promise.all([
    seen(api.list<Pod>(resources.pods, { namespace })),
    seen(api.list<Notebook>(resources.notebooks, { namespace })),
    seen(api.list<Tensorboard>(resources.tensorboards, { namespace })),
  ])
  const running = pods.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
  const podsOf = (claim: string) => running.filter(({ spec }) => mounts(spec, claim))
  return {
    podsOf,
    of: (claim) => [
      ...podsOf(claim)
        .filter((pod) => !isViewer(pod))
        .map(({ metadata }) => ({ kind: 'Pod' as const, name: metadata.name ?? '' })),
      ...notebooks
        .filter(({ spec }) => mounts(spec.template?.spec as Volumes | undefined, claim))
        .map(({ metadata }) => ({ kind: 'Notebook' as const, name: metadata.name ?? '' })),
      ...tensorboards
        .filter((each) => claimOfTensorboard(each) === claim)
        .map(({ metadata }) => ({ kind: 'Tensorboard' as const, name: metadata.name ?? '' })),
    ],
  }
}

/** A pod that only shows the files of a volume: it goes with the volume. */
export function isViewer({ metadata }: KubeObject): boolean {
  return metadata.labels?.['app.kubernetes.io/part-of'] === viewerPartOf
}

function mounts(spec: Volumes | undefined, claim: string): boolean {
  return (spec?.volumes ?? []).some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claim)
}

/** What a person may not see, or a cluster has not got, uses nothing that they are told of. */
async function seen<T>(listed: Promise<{ items: T[] }>): Promise<T[]> {
  try {
    return (await listed).items
  } catch (error) {
    if (error instanceof AppError && (error.code === 'not_found' || error.code === 'forbidden')) return []
    throw error
  }
}
