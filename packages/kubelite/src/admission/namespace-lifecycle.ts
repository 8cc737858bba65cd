/** NamespaceLifecycle: nothing new in a namespace that is missing or ends; the system's namespaces stay. */
import { forbidden, notFound } from '../status-error.ts'
import { type AdmissionPlugin, type AdmissionRequest, refuse } from './plugin.ts'

const immortal = new Set(['default', 'kube-system', 'kube-public'])

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  mutate: (request) => {
    const { resource, operation } = request
    if (resource.kind === 'Namespace' && resource.group === '') {
      if (operation === 'DELETE' && immortal.has(request.name))
        throw forbidden(resource, request.name, 'this namespace may not be deleted')
      return
    }
    checkOpen(request)
  },
  // Once more, because a namespace may begin to end while a webhook is asked.
  charge: checkOpen,
}

function checkOpen(request: AdmissionRequest): void {
  const { store, resource, operation, namespace } = request
  if (!resource.namespaced || operation !== 'CREATE') return
  const found = store.head('/namespaces', namespace)
  if (found === undefined) throw notFound({ group: '', plural: 'namespaces' }, namespace)
  if (found.object.metadata.deletionTimestamp === undefined) return
  const refusal = refuse(
    request,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  )
  if (refusal.details !== undefined)
    refusal.details.causes = [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ]
  throw refusal
}
