/** The levels and versions that a namespace's `pod-security.kubernetes.io` labels ask for (k8s.io/pod-security-admission/api). */
import type { FieldError } from '../../status-error.ts'

export type Level = 'privileged' | 'baseline' | 'restricted'
/** `minor` is that of v1.minor; `latest` is Infinity. */
export type LevelVersion = { level: Level; minor: number }
export type Policy = { enforce: LevelVersion; audit: LevelVersion; warn: LevelVersion }

const prefix = 'pod-security.kubernetes.io/'
const strictness: Record<Level, number> = { privileged: 0, baseline: 1, restricted: 2 }
const latest = Number.POSITIVE_INFINITY

/** `baseline:latest`, `restricted:v1.24`. */
export const printLevel = ({ level, minor }: LevelVersion): string =>
  `${level}:${minor === latest ? 'latest' : `v1.${minor}`}`
export const isStricter = (a: Level, b: Level): boolean => strictness[a] > strictness[b]
export const sameLevel = (a: LevelVersion, b: LevelVersion): boolean => a.level === b.level && a.minor === b.minor
export const isPrivileged = (policy: Policy): boolean =>
  policy.enforce.level === 'privileged' && policy.audit.level === 'privileged' && policy.warn.level === 'privileged'

const isLevel = (text: string): text is Level => text in strictness

function minorOf(text: string): number | undefined {
  if (text === 'latest') return latest
  const match = /^v1\.([0-9]|[1-9][0-9]*)$/.exec(text)
  return match === null ? undefined : Number(match[1])
}

/**
 * The policy of a namespace. Labels that cannot be read are returned as errors; then `enforce` falls to restricted, `audit` and
 * `warn` to privileged, and versions to the latest. Without a `warn` label, a stricter `enforce` also warns.
 */
export function readPolicy(labels: Record<string, string> | undefined): { policy: Policy; errors: FieldError[] } {
  const privileged = (): LevelVersion => ({ level: 'privileged', minor: latest })
  const policy: Policy = { enforce: privileged(), audit: privileged(), warn: privileged() }
  const errors: FieldError[] = []
  const wrong = (label: string, value: string, detail: string) =>
    errors.push({ field: `metadata.labels[${label}]`, type: 'FieldValueInvalid', value, detail })
  for (const mode of ['enforce', 'audit', 'warn'] as const) {
    const level = labels?.[`${prefix}${mode}`]
    if (level !== undefined) {
      policy[mode].level = isLevel(level) ? level : mode === 'enforce' ? 'restricted' : 'privileged'
      if (!isLevel(level)) wrong(`${prefix}${mode}`, level, 'must be one of privileged, baseline, restricted')
    }
    const version = labels?.[`${prefix}${mode}-version`]
    if (version !== undefined) {
      const minor = minorOf(version)
      policy[mode].minor = minor ?? latest
      if (minor === undefined) wrong(`${prefix}${mode}-version`, version, 'must be "latest" or "v1.x"')
    }
  }
  const enforced = labels?.[`${prefix}enforce`]
  if (enforced !== undefined && isLevel(enforced) && labels?.[`${prefix}warn`] === undefined) {
    policy.warn.level = enforced
    if (labels?.[`${prefix}warn-version`] === undefined) policy.warn.minor = policy.enforce.minor
  }
  return { policy, errors }
}
