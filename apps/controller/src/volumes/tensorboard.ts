/** tensorboard.kubeflow.org Tensorboard → Deployment, Service and status. */
import type { Tensorboard } from '@keelson/contracts/kinds'
import {
  claimOfTensorboard,
  desiredTensorboard,
  tensorboardFault,
  tensorboardImage,
  tensorboardLabel,
  tensorboardStatus,
} from '@keelson/core/tensorboards'
import { resources } from '@keelson/kube'
import type { RunningService } from '@keelson/process/service'
import { type ServedAppParts, type ServedKind, servedAppReconciler } from './served-app.ts'

function kindWith(image: string): ServedKind<Tensorboard> {
  return {
    name: 'tensorboard',
    resource: resources.tensorboards,
    fieldManager: 'keelson-tensorboard',
    childSelector: tensorboardLabel,
    fault: tensorboardFault,
    claimOf: claimOfTensorboard,
    desired: (board, affinity) => desiredTensorboard(board, affinity, image),
    status: tensorboardStatus,
  }
}

export function tensorboardReconciler(
  parts: ServedAppParts & { tensorboardImage?: string | undefined },
): RunningService {
  return servedAppReconciler(kindWith(parts.tensorboardImage ?? tensorboardImage), parts)
}
