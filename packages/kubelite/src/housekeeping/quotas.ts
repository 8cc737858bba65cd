/** Keeps the status of ResourceQuotas true when what they count goes, ends or changes. Creates are counted by admission itself. */
import { evaluatorFor } from '../admission/quota/evaluators.ts'
import { quotasIn, quotaTable, recount } from '../admission/quota/usage.ts'
import type { Operations } from '../api/operations.ts'
import { podIsFinished } from '../kinds/pod.ts'
import { sameJson } from '../patch/json-patch.ts'
import { storageKey } from '../registry/resource.ts'
import type { StoreEvent } from '../store/store.ts'

type Work = () => Promise<void>

export function createQuotaKeeper({ store, registry, clock }: Operations) {
  const cluster = () => ({ store, registry, now: clock.now() })
  /** Namespaces whose recount waits its turn: one stands for all that happened before it. */
  const waiting = new Set<string>()

  const recountAll = (namespace: string): Work => {
    waiting.add(namespace)
    return async () => {
      waiting.delete(namespace)
      for (const { metadata } of quotasIn(store, namespace)) await recount(cluster(), namespace, metadata.name ?? '')
    }
  }
  return {
    workFor(event: StoreEvent): Work[] {
      const namespace = event.entry.object.metadata.namespace
      if (namespace === undefined || waiting.has(namespace) || !changesUsage(event)) return []
      if (quotasIn(store, namespace).length === 0) return []
      const isCounted = registry.stored().some((one) => storageKey(one) === event.resource && evaluatorFor(one))
      return isCounted ? [recountAll(namespace)] : []
    },
    workForAll: (): Work[] =>
      [...new Set([...store.entries(quotaTable)].map((entry) => entry.object.metadata.namespace ?? ''))].map(
        recountAll,
      ),
  }
}

/** A quota with other limits, something gone, a pod ended or about to go, a claim or service that asks for more or less. */
function changesUsage({ op, resource, entry, previous }: StoreEvent): boolean {
  const { object } = entry
  if (resource === quotaTable) return op !== 'd' && !sameJson(object.spec, previous?.object.spec)
  if (op === 'd') return true
  if (op === 'c' || previous === undefined) return false
  const old = previous.object
  if (resource === '/pods')
    return (
      podIsFinished(object) !== podIsFinished(old) ||
      object.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
      !sameJson(object.spec, old.spec)
    )
  const isMeasured = resource === '/services' || resource === '/persistentvolumeclaims'
  return isMeasured && !(sameJson(object.spec, old.spec) && sameJson(object.status, old.status))
}
