'use client'
import { Button } from '@keelson/ui/button'
import { Field, Input } from '@keelson/ui/input'
import { X } from 'lucide-react'
import { useState } from 'react'
import { resourceWords } from '@/features/use/index.ts'

const usual = [
  'requests.cpu',
  'requests.memory',
  'pods',
  'count/jobs.batch',
  'requests.storage',
  'persistentvolumeclaims',
]

export type Limits = Record<string, string>

/** The usual limits with an empty field each; what is empty is no limit. */
export function limitsOf(hard: Readonly<Limits>): Limits {
  return { ...Object.fromEntries(usual.map((resource) => [resource, ''])), ...hard }
}

export function hardOf(limits: Readonly<Limits>): Limits {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value.trim() !== ''))
}

export function QuotaFields({
  limits,
  faults,
  path,
  onChange,
}: {
  limits: Limits
  faults: Record<string, string>
  /** Where the limits stand in the form's value, for its faults: `hard`, `defaultQuota`. */
  path: string
  onChange: (limits: Limits) => void
}) {
  const [other, setOther] = useState('')
  const add = () => {
    const name = other.trim()
    if (name !== '') onChange({ ...limits, [name]: limits[name] ?? '' })
    setOther('')
  }
  return (
    <div className="grid gap-3">
      <div className="grid gap-3 sm:grid-cols-2">
        {Object.keys(limits).map((resource) => (
          <Field
            key={resource}
            id={`quota-${resource}`}
            label={resourceWords(resource) === resource ? resource : `${resourceWords(resource)} (${resource})`}
            fault={faults[`${path}.${resource}`]}
          >
            <span className="flex gap-1">
              <Input
                id={`quota-${resource}`}
                value={limits[resource] ?? ''}
                placeholder="no limit"
                onChange={(event) => onChange({ ...limits, [resource]: event.target.value })}
              />
              {usual.includes(resource) ? null : (
                <Button
                  variant="ghost"
                  size="icon"
                  aria-label={`Drop ${resource}`}
                  onClick={() =>
                    onChange(Object.fromEntries(Object.entries(limits).filter(([key]) => key !== resource)))
                  }
                >
                  <X />
                </Button>
              )}
            </span>
          </Field>
        ))}
      </div>
      <Field id="quota-other" label="Another resource" hint="As Kubernetes names it, such as requests.nvidia.com/gpu.">
        <span className="flex gap-1">
          <Input id="quota-other" value={other} onChange={(event) => setOther(event.target.value)} />
          <Button onClick={add}>Add</Button>
        </span>
      </Field>
    </div>
  )
}
