import type { KubeApi } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'

/**
 * The Kubernetes API for a token that is good for one workspace only. The cluster knows the person and not the token, so
 * what is outside the workspace is refused here, before it is asked.
 */
export function narrowKube(api: KubeApi, workspace: string): KubeApi {
  const inside = (namespace: string | undefined) => {
    if (namespace !== workspace)
      throw new AppError('forbidden', `This access token is only for workspace ${workspace}.`)
  }
  return {
    as: () => {
      throw new AppError('forbidden', 'A narrowed token acts as nobody else.')
    },
    get: async (resource, ref) => {
      inside(ref.namespace)
      return api.get(resource, ref)
    },
    find: async (resource, ref) => {
      inside(ref.namespace)
      return api.find(resource, ref)
    },
    list: async (resource, options) => {
      inside(options?.namespace)
      return api.list(resource, options)
    },
    create: async (resource, object, options) => {
      inside(object.metadata.namespace)
      return api.create(resource, object, options)
    },
    apply: async (resource, object, options) => {
      inside(object.metadata.namespace)
      return api.apply(resource, object, options)
    },
    applyStatus: async (resource, object, options) => {
      inside(object.metadata.namespace)
      return api.applyStatus(resource, object, options)
    },
    patch: async (resource, ref, patch) => {
      inside(ref.namespace)
      return api.patch(resource, ref, patch)
    },
    delete: async (resource, ref, options) => {
      inside(ref.namespace)
      return api.delete(resource, ref, options)
    },
    inform: (resource, options, signal) => {
      inside(options.namespace)
      return api.inform(resource, options, signal)
    },
    discover: () => api.discover(),
    kindsOf: (group, version) => api.kindsOf(group, version),
    openApi: (group, version) => api.openApi(group, version),
    table: async (resource, options) => {
      inside(options?.namespace)
      return api.table(resource, options)
    },
    write: async (resource, object, options) => {
      inside(object.metadata.namespace)
      return api.write(resource, object, options)
    },
    watch: (resource, options, signal) => {
      inside(options.namespace)
      return api.watch(resource, options, signal)
    },
    logs: (ref, options, signal) => {
      inside(ref.namespace)
      return api.logs(ref, options, signal)
    },
    review: async (user, asked) => {
      inside(asked.namespace)
      return api.review(user, asked)
    },
    reviewToken: async () => {
      throw new AppError('forbidden', 'A narrowed token reviews no others.')
    },
  }
}
