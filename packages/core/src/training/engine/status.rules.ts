/** Conditions of a training job, in upstream's order: a changed one goes to the end, so that the last one is its state. */
import type { TrainingJobCondition, TrainingJobStatus } from '@keelson/contracts/kinds'

type ConditionType = TrainingJobCondition['type']

/** Reason = kind + word: `TFJobRunning`. */
export function withCondition(
  status: TrainingJobStatus,
  kind: string,
  condition: { type: ConditionType; status?: 'True' | 'False'; word?: string; message: string },
  at: string,
): TrainingJobStatus {
  const { type, status: value = 'True', word = type, message } = condition
  const reason = `${kind}${word}`
  const present = status.conditions?.find((each) => each.type === type)
  if (present?.status === value && present.reason === reason) return status
  const kept = (status.conditions ?? []).filter((each) => each.type !== type && !replaces(type, each.type))
  const ended = type === 'Succeeded' || type === 'Failed'
  const others = kept.map((each) =>
    ended && (each.type === 'Running' || each.type === 'Restarting') && each.status === 'True'
      ? { ...each, status: 'False' as const, lastUpdateTime: at, lastTransitionTime: at }
      : each,
  )
  const since = present?.status === value ? (present.lastTransitionTime ?? at) : at
  const added = { type, status: value, reason, message, lastUpdateTime: at, lastTransitionTime: since }
  return { ...status, conditions: [...others, added] }
}

/** Running and Restarting stand for each other. */
function replaces(type: ConditionType, other: ConditionType): boolean {
  return (type === 'Running' && other === 'Restarting') || (type === 'Restarting' && other === 'Running')
}

export function hasCondition(status: TrainingJobStatus | undefined, type: ConditionType): boolean {
  return status?.conditions?.some((each) => each.type === type && each.status === 'True') ?? false
}

export function isFinished(status: TrainingJobStatus | undefined): boolean {
  return hasCondition(status, 'Succeeded') || hasCondition(status, 'Failed')
}

/** Another sentence for a condition, in its place. */
export function withMessage(status: TrainingJobStatus, type: ConditionType, message: string): TrainingJobStatus {
  const conditions = status.conditions?.map((each) => (each.type === type ? { ...each, message } : each))
  return conditions ? { ...status, conditions } : status
}
