'use client'
import type { Spawner } from '@keelson/contracts/notebooks'
import { Button } from '@keelson/ui/button'
import { Field } from '@keelson/ui/input'
import { Select } from '@keelson/ui/select'
import { Plus } from 'lucide-react'
import { PairRows, variableSides } from '@/view/pair-rows.tsx'
import type { SpawnState } from './spawn-state.ts'

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
  const fault = Object.entries(faults).find(([field]) => field.startsWith('environment'))?.[1]
  return (
    <div className="grid gap-2">
      <PairRows
        what="variable"
        sides={variableSides}
        pairs={environment}
        onChange={(pairs) => onChange({ environment: pairs })}
      />
      {fault ? (
        <p role="alert" className="text-xs text-danger">
          {fault}
        </p>
      ) : null}
      <span>
        <Button size="sm" onClick={() => onChange({ environment: [...environment, ['', '']] })}>
          <Plus /> Add a variable
        </Button>
      </span>
    </div>
  )
}

type ChoiceProps = Pick<Props, 'state' | 'spawner' | 'faults' | 'onChange'> & {
  field: 'tolerationGroup' | 'affinityConfig'
  id: string
  label: string
  none: string
  choices: readonly { key: string; label: string }[]
}

/** One of what the installation offers, or none of it. Nothing where it offers nothing. */
function ChoiceField({ field, id, label, none, choices, state, spawner, faults, onChange }: ChoiceProps) {
  if (choices.length === 0) return null
  return (
    <Field id={id} label={label} fault={faults[field]}>
      <Select
        id={id}
        value={state[field]}
        disabled={spawner.readOnly.includes(field)}
        onChange={(event) => onChange({ [field]: event.target.value })}
      >
        <option value="">{none}</option>
        {choices.map((choice) => (
          <option key={choice.key} value={choice.key}>
            {choice.label}
          </option>
        ))}
      </Select>
    </Field>
  )
}

export function SchedulingFields(props: Props) {
  const { state, spawner, onChange } = props
  const { tolerations, affinities, readOnly } = spawner
  return (
    <div className="grid items-start gap-4 sm:grid-cols-2">
      <ChoiceField
        {...props}
        field="tolerationGroup"
        id="spawn-toleration"
        label="Machines set apart"
        none="none"
        choices={tolerations}
      />
      <ChoiceField
        {...props}
        field="affinityConfig"
        id="spawn-affinity"
        label="Where it should run"
        none="anywhere"
        choices={affinities}
      />
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
