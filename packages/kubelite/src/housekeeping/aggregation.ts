/** Aggregated ClusterRoles: their rules are those of every role that their selectors choose. */
import type { KubeObject, PolicyRule } from '@keelson/contracts/kubernetes'
import type { Operations } from '../api/operations.ts'
import { sameJson } from '../patch/json-patch.ts'
import { isObject } from '../schema/node.ts'
import { type LabelSelector, selectorMatches, toSelector } from '../selectors/labels.ts'
import { StatusError } from '../status-error.ts'
import { systemContext } from './namespaces.ts'

const table = 'rbac.authorization.k8s.io/clusterroles'

/** Brings every aggregated role up to date; one round is enough for each level of nesting. */
export async function aggregateRoles(operations: Operations): Promise<void> {
  const { store, registry } = operations
  const resource = registry.find({ group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'clusterroles' })
  if (resource === undefined) return
  for (const entry of [...store.entries(table)]) {
    const selectors = selectorsOf(entry.object)
    if (selectors === null) continue
    const rules = rulesFor(operations, entry.object, selectors)
    if (sameJson(rules, entry.object.rules ?? [])) continue
    const target = { resource, namespace: undefined, name: entry.object.metadata.name ?? '' }
    await operations
      .update(target, (current) => ({ ...current, rules }), systemContext('clusterrole-aggregation-controller'))
      .catch((error: unknown) => {
        if (!(error instanceof StatusError) || error.code !== 404) throw error
      })
  }
}

function selectorsOf(role: KubeObject): LabelSelector[] | null {
  const rule = role.aggregationRule
  return isObject(rule) && Array.isArray(rule.clusterRoleSelectors)
    ? (rule.clusterRoleSelectors as LabelSelector[])
    : null
}

function rulesFor(operations: Operations, role: KubeObject, selectors: readonly LabelSelector[]): PolicyRule[] {
  const out: PolicyRule[] = []
  const sources = [...operations.store.entries(table)]
    .map((entry) => entry.object)
    .sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
  for (const selector of selectors.map(toSelector)) {
    for (const source of sources) {
      if (source.metadata.name === role.metadata.name || !selectorMatches(selector, source.metadata.labels)) continue
      for (const rule of (source.rules as PolicyRule[] | null | undefined) ?? [])
        if (!out.some((other) => sameJson(other, rule))) out.push(rule)
    }
  }
  return out
}
