/** kubeflow.org PVCViewer → Deployment, Service, status (pvcviewer_controller.go). Pure. */
import { type PvcViewer, type PvcViewerStatus, viewerPartOf } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { type AppFault, appStatus, ownerOf, type ServedApp, type Workload, webApps } from '../webapps/index.ts'

/** Of a Service's name, a label of DNS. */
const longestName = 63

type PodSpec = { volumes?: { persistentVolumeClaim?: { claimName?: string } }[]; affinity?: object }

/** What is wrong with the viewer itself, so that nothing can be made of it. */
export function viewerFault({ metadata, spec }: PvcViewer): AppFault | null {
  const name = childName(metadata.name ?? '')
  if (name.length > longestName || metadata.name?.includes('.'))
    return {
      reason: 'NameTooLong',
      message: `A viewer's name may have ${longestName - childName('').length} characters and no ".", as a Service is called ${name}.`,
    }
  const { volumes = [] } = spec.podSpec as PodSpec
  if (!volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === spec.pvc))
    return { reason: 'VolumeNotMounted', message: `spec.podSpec.volumes has no volume of the claim ${spec.pvc}.` }
  return null
}

function childName(name: string): string {
  return webApps.pvcviewer.service(name)
}

/** The labels of a viewer's pod, by which it is found. */
export function viewerLabels(name: string): Record<string, string> {
  return {
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/instance': childName(name),
    'app.kubernetes.io/part-of': viewerPartOf,
  }
}

/** `affinity`: to the machine that has the volume already, decided once for each viewer. */
export function desiredViewer(viewer: PvcViewer, affinity: object | null): ServedApp {
  const { name = '', namespace = '' } = viewer.metadata
  const { podSpec, networking } = viewer.spec
  const labels = viewerLabels(name)
  const metadata = { name: childName(name), namespace, labels, ownerReferences: [ownerOf(viewer)] }
  return {
    deployment: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        // Two pods at once could want a volume that one machine alone may mount.
        strategy: { type: 'Recreate' },
        template: { metadata: { labels }, spec: { ...podSpec, ...(affinity === null ? {} : { affinity }) } },
      },
    },
    service:
      networking === undefined
        ? null
        : {
            apiVersion: 'v1',
            kind: 'Service',
            metadata,
            spec: {
              type: 'ClusterIP',
              selector: labels,
              ports: [{ name: 'http', port: 80, targetPort: networking.targetPort, protocol: 'TCP' }],
            },
          },
  }
}

export function viewerStatus(viewer: PvcViewer, workload: Workload | null, fault: AppFault | null): PvcViewerStatus {
  const { name = '', namespace = '' } = viewer.metadata
  const { networking } = viewer.spec
  const { isReady, conditions } = appStatus(workload, fault)
  return {
    ready: isReady,
    ...(networking === undefined ? {} : { url: `${networking.basePrefix ?? '/pvcviewers'}/${namespace}/${name}/` }),
    ...(conditions.length === 0 ? {} : { conditions }),
  }
}

type MountingPod = KubeObject & {
  spec?: PodSpec & { nodeName?: string }
  status?: { phase?: string }
}

/**
 * Where a pod should run that wants a volume which one machine may mount at a time: where the pod runs that has it. Null where it may
 * run anywhere. Upstream prefers, and does not require: the volume may be free again when it is scheduled.
 */
export function volumeAffinity(
  claim: { name: string; modes: readonly string[] } | null,
  pods: readonly KubeObject[],
): object | null {
  if (claim === null || claim.modes[0] !== 'ReadWriteOnce') return null
  const holder = (pods as readonly MountingPod[]).find(
    ({ spec, status }) =>
      status?.phase === 'Running' &&
      spec?.nodeName !== undefined &&
      (spec.volumes ?? []).some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claim.name),
  )
  if (holder?.spec?.nodeName === undefined) return null
  const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'In', values: [holder.spec.nodeName] }]
  return {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: { matchExpressions } }],
    },
  }
}
