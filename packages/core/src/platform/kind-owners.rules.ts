/** Whose a custom resource is in this cluster, decided by evidence. Pure. */
import { type CustomKind, customKinds, definitionName } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { KindOwner } from '@keelson/contracts/platform'
import { AppError } from '@keelson/process/app-error'

/** What an operator of the installation has decided by hand, by the name of the definition. */
export type KindSetting = ReadonlyMap<string, 'keelson' | 'other'>

/** Reads `KEELSON_KINDS`. Throws `invalid` for a kind that Keelson does not have, and for any other owner. */
export function parseKindSetting(text: string): KindSetting {
  const known = customKinds.map(definitionName)
  const setting = new Map<string, 'keelson' | 'other'>()
  for (const pair of text.split(',').map((part) => part.trim())) {
    if (pair === '') continue
    const [name = '', owner] = pair.split('=').map((part) => part.trim())
    if (!known.includes(name))
      throw new AppError('invalid', `"${name}" is no kind of Keelson; it has ${known.join(', ')}.`)
    if (owner !== 'keelson' && owner !== 'other')
      throw new AppError('invalid', `${name}=${owner ?? ''}: the owner is keelson or other.`)
    setting.set(name, owner)
  }
  return setting
}

export type KindEvidence = {
  /** The kind's definition in the cluster. */
  definition: KubeObject | null
  /** Deployments and StatefulSets with the labels of upstream's operator. */
  workloads: readonly KubeObject[]
}

/**
 * Another operator owns a kind when its definition was not made by Keelson and the operator is installed. One that is
 * restarting (no pod ready) still owns it; one that was scaled to zero, or that left only its definition behind, does not.
 */
export function decideKindOwner(kind: CustomKind, evidence: KindEvidence, setting: KindSetting): KindOwner {
  const name = definitionName(kind)
  const answer = (owner: KindOwner['owner'], sentence: string): KindOwner => ({
    name,
    kind: kind.kind,
    owner,
    evidence: sentence,
  })
  const chosen = setting.get(name)
  if (chosen !== undefined) return answer(chosen, 'KEELSON_KINDS says so.')
  if (evidence.definition === null) return answer('keelson', 'The cluster has no definition of it yet.')
  if (evidence.definition.metadata.labels?.['app.kubernetes.io/part-of'] === 'keelson')
    return answer('keelson', 'Its definition is Keelson’s.')
  const operator = evidence.workloads.find(isWanted)
  if (operator === undefined)
    return answer('keelson', 'Its definition is somebody else’s, but no operator of it is there.')
  const { namespace = '', name: workload = '' } = operator.metadata
  return answer(
    'other',
    `${kind.upstream?.operator ?? 'Another operator'} (${operator.kind} ${namespace}/${workload}) makes it true in this cluster.`,
  )
}

function isWanted({ spec, metadata }: KubeObject): boolean {
  const { replicas = 1 } = (spec ?? {}) as { replicas?: number }
  return replicas > 0 && metadata.deletionTimestamp === undefined
}
