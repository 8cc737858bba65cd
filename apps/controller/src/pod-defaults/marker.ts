/** Marks the namespaces that have PodDefaults, so that the webhook is asked for pods of those alone. */
import type { PodDefault } from '@keelson/contracts/kinds'
import { podDefaultsLabel } from '@keelson/core/notebooks'
import { done, resources, runReconciler, source } from '@keelson/kube'
import type { ControllerParts, Reconciler } from '../parts.ts'

export const podDefaultMarker: Reconciler = (parts) => startMarker(parts, true)

/** Where another webhook applies them, no namespace is ours to mark. */
export const podDefaultUnmarker: Reconciler = (parts) => startMarker(parts, false)

function startMarker({ base, informers, log, signal }: ControllerParts, isOurs: boolean) {
  const defaults = base.kube.inform<PodDefault>(resources.podDefaults, {}, signal)
  return runReconciler({
    name: 'pod-default-marker',
    sources: [source(defaults, ({ metadata }) => [metadata.namespace ?? '']), source(informers.namespaces)],
    reconcile: async (name) => {
      const namespace = informers.namespaces.get({ name })
      if (!namespace || namespace.metadata.deletionTimestamp !== undefined) return done
      const wanted = isOurs && defaults.list(name).length > 0
      const present = namespace.metadata.labels?.[podDefaultsLabel.name]
      if ((present === podDefaultsLabel.value) === wanted) return done
      const labels = { [podDefaultsLabel.name]: wanted ? podDefaultsLabel.value : null }
      await base.kube.patch(resources.namespaces, { name }, { metadata: { labels } })
      return done
    },
    log,
    signal,
  })
}
