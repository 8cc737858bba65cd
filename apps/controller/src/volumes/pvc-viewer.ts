/** kubeflow.org PVCViewer → Deployment, Service and status. */
import { type PvcViewer, viewerPartOf } from '@keelson/contracts/kinds'
import { desiredViewer, viewerFault, viewerStatus } from '@keelson/core/volumes'
import { resources } from '@keelson/kube'
import type { RunningService } from '@keelson/process/service'
import { type ServedAppParts, type ServedKind, servedAppReconciler } from './served-app.ts'

const viewers: ServedKind<PvcViewer> = {
  name: 'pvcviewer',
  resource: resources.pvcViewers,
  fieldManager: 'keelson-pvcviewer',
  childSelector: `app.kubernetes.io/part-of=${viewerPartOf}`,
  fault: viewerFault,
  claimOf: ({ spec }) => (spec.rwoScheduling === true ? spec.pvc : null),
  desired: desiredViewer,
  status: (viewer, workload, fault) => viewerStatus(viewer, workload, fault),
}

export function pvcViewerReconciler(parts: ServedAppParts): RunningService {
  return servedAppReconciler(viewers, parts)
}
