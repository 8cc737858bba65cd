/** Whether a pod may be on a node at all: selector, required affinity, cordon and taints (kube-scheduler's plugins of these names). */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { requirementMatches } from '../selectors/labels.ts'
import type { PodSpec, Toleration } from './types.ts'

export type Taint = { key: string; value?: string; effect: string }
export type SchedulableNode = KubeObject & { spec?: { unschedulable?: boolean; taints?: Taint[] } }

type Term = { matchExpressions?: Requirement[]; matchFields?: Requirement[] }
type Requirement = { key: string; operator: string; values?: string[] }

const meets = ({ operator, values = [] }: Requirement, value: string | undefined) =>
  requirementMatches({ operator, values }, value)

/** A term without any requirement matches nothing. */
function matchesTerm({ matchExpressions = [], matchFields = [] }: Term, node: SchedulableNode): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false
  const { name, labels = {} } = node.metadata
  return (
    matchExpressions.every((each) => meets(each, labels[each.key])) &&
    matchFields.every((each) => each.key === 'metadata.name' && meets(each, name))
  )
}

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  return toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '')
}

const cordon: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

/** Why the pod may not be there, in the scheduler's words; empty when it may. */
export function nodeFaults(spec: PodSpec, node: SchedulableNode): string[] {
  const tolerated = (taint: Taint) => (spec.tolerations ?? []).some((each) => tolerates(each, taint))
  if (node.spec?.unschedulable && !tolerated(cordon)) return ['node(s) were unschedulable']
  const hard = (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute')
  if (!hard.every(tolerated)) return ['node(s) had untolerated taint(s)']
  const { labels = {} } = node.metadata
  const selected = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  const near = required === undefined || (required.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node))
  return selected && near ? [] : ["node(s) didn't match Pod's node affinity/selector"]
}
