'use client'
import { Field, Input } from '@keelson/ui/input'
import { Select } from '@keelson/ui/select'
import type { Policy } from './draft.ts'
import type { FormParts } from './job-form.tsx'
import { setPolicy } from './write-draft.ts'

const cleanUps: readonly (readonly [string, string])[] = [
  ['', 'as the kind has it'],
  ['None', 'None: pods stay'],
  ['Running', 'Running: those that still run go'],
  ['All', 'All: every pod goes'],
]

/** When it is over, and what is left of it then. */
export function PolicyFields({ draft, yaml, onWrite }: FormParts) {
  const { kind, policy } = draft
  const change = (part: Partial<Policy>) => onWrite(setPolicy(yaml, kind, part))
  const number = (name: Exclude<keyof Policy, 'cleanPodPolicy'>, label: string, hint: string) => (
    <Field id={`job-${name}`} label={label} hint={hint}>
      <Input
        id={`job-${name}`}
        inputMode="numeric"
        value={policy[name]}
        onChange={(event) => change({ [name]: event.target.value.trim() })}
      />
    </Field>
  )
  return (
    <div className="grid items-start gap-4 sm:grid-cols-2">
      {kind === 'Job' ? number('completions', 'Completions', 'How many pods must succeed; by default one') : null}
      {number('backoffLimit', 'Retries', 'Failures after which it is given up')}
      {number('activeDeadlineSeconds', 'Deadline', 'Seconds that it may run')}
      {number('ttlSecondsAfterFinished', 'Kept for', 'Seconds in the cluster after its end; its history stays')}
      {kind === 'Job' ? null : (
        <Field id="job-cleanPodPolicy" label="Clean up" hint="Which pods go at its end; their logs stay">
          <Select
            id="job-cleanPodPolicy"
            value={policy.cleanPodPolicy}
            onChange={(event) => change({ cleanPodPolicy: event.target.value })}
          >
            {cleanUps.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
      )}
    </div>
  )
}
