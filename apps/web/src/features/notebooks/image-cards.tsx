'use client'
import type { Spawner } from '@keelson/contracts/notebooks'
import { Badge } from '@keelson/ui/badge'
import { Field, Input } from '@keelson/ui/input'
import { Select } from '@keelson/ui/select'
import { Container } from 'lucide-react'
import type { SpawnState } from './spawn-state.ts'

type Props = {
  state: SpawnState
  spawner: Spawner
  faults: Readonly<Record<string, string>>
  onChange: (change: Partial<SpawnState>) => void
}

/** The images that the installation offers, each with what it says of itself, and where it allows it any other one. */
export function ImageCards({ state, spawner, faults, onChange }: Props) {
  const { groups, allowCustomImage } = spawner
  const group = groups.find(({ serverType }) => serverType === state.serverType)
  return (
    <fieldset className="grid gap-3">
      <legend className="sr-only">Image</legend>
      {groups.length > 1 ? (
        <Field id="spawn-type" label="Kind of server">
          <Select
            id="spawn-type"
            value={state.serverType}
            onChange={(event) => {
              const next = groups.find(({ serverType }) => serverType === event.target.value)
              if (next) onChange({ serverType: next.serverType, image: next.images[0]?.image ?? '', isCustom: false })
            }}
          >
            {groups.map(({ serverType, label }) => (
              <option key={serverType} value={serverType}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
      ) : null}
      <div className="grid gap-2 sm:grid-cols-2">
        {group?.images.map((one) => (
          <Choice
            key={one.image}
            checked={!state.isCustom && state.image === one.image}
            disabled={group.isFixed}
            onSelect={() => onChange({ image: one.image, isCustom: false })}
            title={
              <>
                {one.name}
                {one.version ? <span className="font-normal text-fg-muted">{one.version}</span> : null}
                {one.recommended ? <Badge tone="accent">recommended</Badge> : null}
              </>
            }
            icon={one.icon}
            text={one.description}
            mono={one.image}
          />
        ))}
        {allowCustomImage && group && !group.isFixed ? (
          <Choice
            checked={state.isCustom}
            onSelect={() => onChange({ isCustom: true })}
            title="Another image"
            icon={null}
            text="Any image that the cluster can get. It should start a server on port 8888 below $NB_PREFIX."
          />
        ) : null}
      </div>
      {state.isCustom ? (
        <Field id="spawn-custom" label="Image" fault={faults.customImage ?? faults.image}>
          <Input
            id="spawn-custom"
            placeholder="registry.example.org/team/jupyter:1"
            value={state.customImage}
            onChange={(event) => onChange({ customImage: event.target.value })}
          />
        </Field>
      ) : faults.image ? (
        <p role="alert" className="text-xs text-danger">
          {faults.image}
        </p>
      ) : null}
    </fieldset>
  )
}

function Choice(props: {
  checked: boolean
  disabled?: boolean
  onSelect: () => void
  title: React.ReactNode
  icon: string | null
  text: string | null
  mono?: string
}) {
  return (
    <label className="flex cursor-pointer gap-3 rounded-lg border border-line p-3 text-[13px] hover:bg-surface-2 has-checked:border-accent has-checked:bg-accent-soft/40 has-focus-visible:outline-2 has-focus-visible:outline-accent">
      <input
        type="radio"
        name="spawn-image"
        className="mt-1 accent-(--accent)"
        checked={props.checked}
        disabled={props.disabled}
        onChange={props.onSelect}
      />
      <span className="grid min-w-0 gap-0.5">
        <span className="flex flex-wrap items-center gap-2 font-medium">
          {props.icon === null ? (
            <Container aria-hidden className="size-4 text-fg-subtle" />
          ) : (
            <img alt="" src={props.icon} className="size-4" />
          )}
          {props.title}
        </span>
        {props.text ? <span className="text-fg-muted">{props.text}</span> : null}
        {props.mono ? <code className="truncate font-mono text-xs text-fg-subtle">{props.mono}</code> : null}
      </span>
    </label>
  )
}
