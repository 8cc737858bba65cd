/** Where the fields of a job stand in its YAML, by kind. Pure. */
import { frameworkOf } from '@keelson/contracts/training-frameworks'

export type Path = readonly (string | number)[]
type Plain = Readonly<Record<string, unknown>>

export function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Plain | undefined | null)?.[key], value)
}

export function listAt(value: unknown, path: Path): unknown[] {
  const found = at(value, path)
  return Array.isArray(found) ? found : []
}

/** The part of the run policy, which a Job has beside its template. */
export function policyPath(kind: string): Path {
  return kind === 'Job' ? ['spec'] : ['spec', 'runPolicy']
}

/** A Job has one nameless type. */
export function typePath(kind: string, type: string): Path {
  return kind === 'Job' ? ['spec'] : ['spec', frameworkOf(kind)?.specKey ?? '', type]
}

export function replicasPath(kind: string, type: string): Path {
  return [...typePath(kind, type), kind === 'Job' ? 'parallelism' : 'replicas']
}

export function podPath(kind: string, type: string): Path {
  return [...typePath(kind, type), 'template', 'spec']
}

export function restartPath(kind: string, type: string): Path {
  return kind === 'Job' ? [...podPath(kind, type), 'restartPolicy'] : [...typePath(kind, type), 'restartPolicy']
}

/** The container that counts: the framework's, else the first. */
export function containerPath(job: unknown, kind: string, type: string): Path {
  const containers = [...podPath(kind, type), 'containers']
  const wanted = frameworkOf(kind)?.container
  const index = listAt(job, containers).findIndex((one) => at(one, ['name']) === wanted)
  return [...containers, Math.max(0, index)]
}

/** The types that the YAML has, in the order of the kind, spelled as the kind spells them. */
export function typesOf(job: unknown, kind: string): string[] {
  if (kind === 'Job') return ['']
  const framework = frameworkOf(kind)
  const present = at(job, ['spec', framework?.specKey ?? ''])
  const keys = present !== null && typeof present === 'object' ? Object.keys(present) : []
  return (framework?.replicaTypes ?? []).filter((type) => keys.includes(type))
}

/** Amounts that have fields of their own; any other resource of a machine is counted in pieces. */
const amounts: readonly string[] = ['cpu', 'memory']
const notPieces = /^(cpu|memory|pods|ephemeral-storage|hugepages-.*|attachable-volumes-.*)$/

export function isPiece(resource: string): boolean {
  return !notPieces.test(resource)
}

export function isAmount(resource: string): boolean {
  return amounts.includes(resource)
}
