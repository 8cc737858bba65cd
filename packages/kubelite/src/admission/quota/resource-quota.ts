/**
 * ResourceQuota: a write that would take a namespace over a limit is refused. Counting and writing happen in one turn, so that
 * of two creates for the last place one is refused.
 */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { type AdmissionPlugin, type AdmissionRequest, refuse } from '../plugin.ts'
import { addLists, maskList, prettyList, type ResourceList, subtractLists } from '../resource-list.ts'
import { type Evaluator, evaluatorFor } from './evaluators.ts'
import { counts, isCurrent, limitsOf, measure, quotasIn, usedOf, writeUsage } from './usage.ts'

export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  charge: (request) => {
    const { resource, object, store, namespace, operation } = request
    const evaluator = object === undefined ? undefined : evaluatorFor(resource)
    if (evaluator === undefined || object === undefined || operation === 'DELETE') return
    const quotas = quotasIn(store, namespace)
    if (quotas.length === 0 || !evaluator.handles(request)) return
    const bills = quotas.flatMap((quota) => billFor(request, evaluator, object, quota) ?? [])
    for (const bill of bills) checkLimits(request, bill)
    if (request.dryRun) return
    for (const { quota, requested, used } of bills) {
      const written = writeUsage(request, namespace, quota.metadata.name ?? '', addLists(used, requested))
      // The object's own write, which stands behind this one in the queue, reports a database that is gone.
      written.catch(() => {})
    }
  },
}

type Bill = { quota: KubeObject; requested: ResourceList; used: ResourceList }

/** What the write adds to what is used of a quota; undefined when it adds nothing. Throws when the quota cannot count it. */
function billFor(
  request: AdmissionRequest,
  evaluator: Evaluator,
  object: KubeObject,
  quota: KubeObject,
): Bill | undefined {
  if (!counts(quota, evaluator, object)) return undefined
  const limits = limitsOf(quota)
  const unmet = evaluator.unmet?.(evaluator.matching([...limits.keys()]), object)
  if (unmet !== undefined) throw refuse(request, `failed quota: ${quota.metadata.name ?? ''}: ${unmet}`)
  const usage = evaluator.usage(object, request.now)
  const negative = [...usage].filter(([, { nanos }]) => nanos < 0n).map(([name]) => name)
  if (negative.length > 0)
    throw refuse(request, `quota usage is negative for resource(s): ${negative.sort().join(',')}`)
  const { old } = request
  const added =
    old !== undefined && counts(quota, evaluator, old) ? subtractLists(usage, evaluator.usage(old, request.now)) : usage
  const requested = new Map([...maskList(added, limits.keys())].filter(([, { nanos }]) => nanos !== 0n))
  if (requested.size === 0) return undefined
  return { quota, requested, used: isCurrent(quota) ? usedOf(quota) : measure(request, quota) }
}

function checkLimits(request: AdmissionRequest, { quota, requested, used }: Bill): void {
  const limits = limitsOf(quota)
  const after = addLists(used, requested)
  const exceeded = [...requested.keys()].filter(
    (name) => (after.get(name)?.nanos ?? 0n) > (limits.get(name)?.nanos ?? 0n),
  )
  if (exceeded.length === 0 || request.subresource === 'status') return
  const shown = (list: ResourceList) => prettyList(maskList(list, exceeded))
  throw refuse(
    request,
    `exceeded quota: ${quota.metadata.name ?? ''}, requested: ${shown(requested)}, used: ${shown(used)}, limited: ${shown(limits)}`,
  )
}
