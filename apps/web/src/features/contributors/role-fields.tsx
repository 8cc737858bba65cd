'use client'
import { Field, Input } from '@keelson/ui/input'
import { Select } from '@keelson/ui/select'
import { roleWords } from './role-words.ts'

const dayMs = 86_400_000
const spans = [
  { id: 'ever', label: 'For good', days: null },
  { id: 'day', label: 'For a day', days: 1 },
  { id: 'week', label: 'For a week', days: 7 },
  { id: 'month', label: 'For 30 days', days: 30 },
  { id: 'quarter', label: 'For 90 days', days: 90 },
] as const

export type RoleValues = { role: string; span: string; until: string }

export const noEnd: RoleValues = { role: 'viewer', span: 'ever', until: '' }

/** The end that the fields say, as an instant; null for none. A date that cannot be read is given on, to be refused. */
export function endOf({ span, until }: RoleValues): string | null {
  if (span === 'until') {
    const at = new Date(until)
    return Number.isNaN(at.getTime()) ? until : at.toISOString()
  }
  const days = spans.find((each) => each.id === span)?.days ?? null
  return days === null ? null : new Date(Date.now() + days * dayMs).toISOString()
}

/** An instant as the browser's own date field takes it: local time, to the minute. */
export function toLocalField(instant: string): string {
  const at = new Date(instant)
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

export function RoleFields({
  values,
  fault,
  onChange,
}: {
  values: RoleValues
  fault: string | undefined
  onChange: (values: RoleValues) => void
}) {
  const chosen = roleWords.find((one) => one.role === values.role)
  return (
    <>
      <Field id="role" label="Role" hint={chosen?.words}>
        <Select id="role" value={values.role} onChange={(event) => onChange({ ...values, role: event.target.value })}>
          {roleWords.map((one) => (
            <option key={one.role}>{one.role}</option>
          ))}
        </Select>
      </Field>
      {chosen?.warning ? (
        <p className="rounded-md bg-warning-soft px-3 py-2 text-[13px] text-warning">{chosen.warning}</p>
      ) : null}
      <Field id="span" label="How long" hint="Afterwards the role is taken back by itself.">
        <Select id="span" value={values.span} onChange={(event) => onChange({ ...values, span: event.target.value })}>
          {spans.map((one) => (
            <option key={one.id} value={one.id}>
              {one.label}
            </option>
          ))}
          <option value="until">Until a date…</option>
        </Select>
      </Field>
      {values.span === 'until' ? (
        <Field id="until" label="Until" fault={fault}>
          <Input
            id="until"
            type="datetime-local"
            value={values.until}
            onChange={(event) => onChange({ ...values, until: event.target.value })}
          />
        </Field>
      ) : null}
    </>
  )
}
