import { baselineChecks, type Check, type PodLike, type Violation } from './checks.ts'
import type { LevelVersion } from './policy.ts'
import { restrictedChecks } from './restricted-checks.ts'

/** What `pod` violates at a level, in the order in which a real server names it. */
export function violationsOf({ level, minor }: LevelVersion, pod: PodLike): Violation[] {
  if (level === 'privileged') return []
  const applies = (check: Check) => minor >= (check.since ?? 0)
  const restricted = level === 'restricted' ? restrictedChecks(minor).filter(applies) : []
  const overridden = new Set(restricted.flatMap((check) => check.overrides ?? []))
  const baseline = baselineChecks(minor).filter((check) => applies(check) && !overridden.has(check.id))
  return [...baseline, ...restricted].flatMap((check) => check.run(pod) ?? [])
}
