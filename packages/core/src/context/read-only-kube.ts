import type { KubeApi } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'

/** The Kubernetes API for somebody who only looks: what would change anything is refused before the cluster is asked. */
export function readOnlyKube(api: KubeApi): KubeApi {
  const refused = async () => {
    throw new AppError('forbidden', 'This view only reads. Leave it first.')
  }
  return {
    ...api,
    as: () => {
      throw new AppError('forbidden', 'A view acts as nobody else.')
    },
    create: refused,
    apply: refused,
    applyStatus: refused,
    patch: refused,
    write: refused,
    delete: refused,
    reviewToken: refused,
  }
}
