'use client'
import { Field, Input } from '@keelson/ui/input'
import { Select } from '@keelson/ui/select'

export type SubjectValues = { subjectKind: string; subject: string }

type Props = {
  /** What the kind is asked as: “Kind”, “Owned by”. */
  label: string
  hint?: string
  values: SubjectValues
  fault: string | undefined
  onChange: (values: SubjectValues) => void
}

/** A person or a group of the identity provider, by name. */
export function SubjectFields({ label, hint, values, fault, onChange }: Props) {
  const isGroup = values.subjectKind === 'Group'
  return (
    <>
      <Field id="subject-kind" label={label}>
        <Select
          id="subject-kind"
          value={values.subjectKind}
          onChange={(event) => onChange({ ...values, subjectKind: event.target.value })}
        >
          <option value="User">A person</option>
          <option value="Group">A group of the identity provider</option>
        </Select>
      </Field>
      <Field
        id="subject"
        label={isGroup ? 'Group' : 'User name'}
        hint={hint ?? (isGroup ? undefined : 'By default the verified e-mail.')}
        fault={fault}
      >
        <Input
          id="subject"
          value={values.subject}
          autoComplete="off"
          onChange={(event) => onChange({ ...values, subject: event.target.value })}
        />
      </Field>
    </>
  )
}
