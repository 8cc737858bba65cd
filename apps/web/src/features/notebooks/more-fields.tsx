'use client'
import type { Spawner } from '@keelson/contracts/notebooks'
import { Button } from '@keelson/ui/button'
import { Field, Input } from '@keelson/ui/input'
import { Select } from '@keelson/ui/select'
import { Plus, X } from 'lucide-react'
import type { SpawnState, Variable } from './spawn-state.ts'

type Props = {
  state: SpawnState
  spawner: Spawner
  faults: Readonly<Record<string, string>>
  onChange: (change: Partial<SpawnState>) => void
}

const boxLook = 'size-3.5 accent-(--accent)'

/** PodDefaults of the workspace: what they add is theirs to say. */
export function ConfigurationFields({ state, spawner, faults, onChange }: Props) {
  const { podDefaults, readOnly } = spawner
  if (podDefaults.length === 0)
    return (
      <p className="text-[13px] text-fg-muted">
        This workspace has no PodDefaults. One adds variables, volumes or secrets to every notebook that asks for it.
      </p>
    )
  const toggle = (key: string, isOn: boolean) =>
    onChange({
      configurations: isOn ? [...state.configurations, key] : state.configurations.filter((one) => one !== key),
    })
  return (
    <fieldset className="grid gap-2 text-[13px]" disabled={readOnly.includes('configurations')}>
      <legend className="sr-only">Configurations</legend>
      {podDefaults.map(({ key, label }) => (
        <label key={key} className="flex items-center gap-2">
          <input
            type="checkbox"
            className={boxLook}
            checked={state.configurations.includes(key)}
            onChange={(event) => toggle(key, event.target.checked)}
          />
          {label} <code className="font-mono text-xs text-fg-subtle">{key}</code>
        </label>
      ))}
      {faults.configurations ? (
        <p role="alert" className="text-xs text-danger">
          {faults.configurations}
        </p>
      ) : null}
    </fieldset>
  )
}

export function EnvironmentFields({ state, spawner, faults, onChange }: Props) {
  if (spawner.readOnly.includes('environment')) return null
  const { environment } = state
  const change = (id: number, change: Partial<Variable>) =>
    onChange({ environment: environment.map((one) => (one.id === id ? { ...one, ...change } : one)) })
  const add = () => {
    const id = Math.max(-1, ...environment.map((one) => one.id)) + 1
    onChange({ environment: [...environment, { id, name: '', value: '' }] })
  }
  const fault = Object.entries(faults).find(([field]) => field.startsWith('environment'))?.[1]
  return (
    <div className="grid gap-2">
      {environment.map(({ id, name, value }, index) => (
        <div key={id} className="grid grid-cols-[1fr_1fr_auto] gap-2">
          <Input
            aria-label={`Name of variable ${index + 1}`}
            placeholder="NAME"
            value={name}
            onChange={(event) => change(id, { name: event.target.value })}
          />
          <Input
            aria-label={`Value of variable ${index + 1}`}
            placeholder="value"
            value={value}
            onChange={(event) => change(id, { value: event.target.value })}
          />
          <Button
            variant="ghost"
            size="icon"
            aria-label={`Take variable ${index + 1} away`}
            onClick={() => onChange({ environment: environment.filter((one) => one.id !== id) })}
          >
            <X />
          </Button>
        </div>
      ))}
      {fault ? (
        <p role="alert" className="text-xs text-danger">
          {fault}
        </p>
      ) : null}
      <span>
        <Button size="sm" onClick={add}>
          <Plus /> Add a variable
        </Button>
      </span>
    </div>
  )
}

export function SchedulingFields({ state, spawner, faults, onChange }: Props) {
  const { tolerations, affinities, readOnly } = spawner
  return (
    <div className="grid items-start gap-4 sm:grid-cols-2">
      {tolerations.length > 0 ? (
        <Field id="spawn-toleration" label="Machines set apart" fault={faults.tolerationGroup}>
          <Select
            id="spawn-toleration"
            value={state.tolerationGroup}
            disabled={readOnly.includes('tolerationGroup')}
            onChange={(event) => onChange({ tolerationGroup: event.target.value })}
          >
            <option value="">none</option>
            {tolerations.map(({ key, label }) => (
              <option key={key} value={key}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
      ) : null}
      {affinities.length > 0 ? (
        <Field id="spawn-affinity" label="Where it should run" fault={faults.affinityConfig}>
          <Select
            id="spawn-affinity"
            value={state.affinityConfig}
            disabled={readOnly.includes('affinityConfig')}
            onChange={(event) => onChange({ affinityConfig: event.target.value })}
          >
            <option value="">anywhere</option>
            {affinities.map(({ key, label }) => (
              <option key={key} value={key}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
      ) : null}
      <label className="flex items-center gap-2 text-[13px] sm:col-span-2">
        <input
          type="checkbox"
          className={boxLook}
          checked={state.shm}
          disabled={readOnly.includes('shm')}
          onChange={(event) => onChange({ shm: event.target.checked })}
        />
        Shared memory (/dev/shm) as large as its memory, for data loaders
      </label>
    </div>
  )
}
