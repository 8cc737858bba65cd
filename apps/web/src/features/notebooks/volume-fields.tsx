'use client'
import type { Spawner } from '@keelson/contracts/notebooks'
import { Button } from '@keelson/ui/button'
import { Field, Input } from '@keelson/ui/input'
import { Select } from '@keelson/ui/select'
import { Plus, X } from 'lucide-react'
import { StorageClassOptions } from '@/view/storage-class-options.tsx'
import { type DataVolume, newClaim, type SpawnState } from './spawn-state.ts'

type Props = {
  state: SpawnState
  spawner: Spawner
  faults: Readonly<Record<string, string>>
  onChange: (change: Partial<SpawnState>) => void
}

const faultOf = (faults: Props['faults'], prefix: string) =>
  Object.entries(faults).find(([field]) => field === prefix || field.startsWith(`${prefix}.`))?.[1]

function ClaimOptions({ spawner }: { spawner: Spawner }) {
  return spawner.volumes.map(({ name, size, usedBy }) => (
    <option key={name} value={name}>
      {name} ({size}
      {usedBy.length > 0 ? `, used by ${usedBy.join(', ')}` : ''})
    </option>
  ))
}

/** Where the home is kept. A volume of an earlier notebook can be used again. */
export function HomeFields({ state, spawner, faults, onChange }: Props) {
  const isFixed = spawner.readOnly.includes('workspace')
  const fault = faultOf(faults, 'workspace')
  return (
    <div className="grid items-start gap-4 sm:grid-cols-2">
      <Field
        id="spawn-home"
        label={`Home (${state.homeMount})`}
        hint={isFixed ? 'Fixed by this installation.' : 'What is saved there stays when the server stops.'}
        fault={fault}
      >
        <Select
          id="spawn-home"
          value={state.home}
          disabled={isFixed}
          onChange={(event) => {
            const home = event.target.value as SpawnState['home']
            onChange({ home, homeClaim: state.homeClaim || (spawner.volumes[0]?.name ?? '') })
          }}
        >
          <option value="new">a new volume</option>
          {spawner.volumes.length > 0 ? <option value="existing">a volume that is there</option> : null}
          <option value="none">none: it is lost when the server stops</option>
        </Select>
      </Field>
      {state.home === 'new' ? (
        <>
          <Field id="spawn-home-size" label="Size of the home">
            <Input
              id="spawn-home-size"
              value={state.homeSize}
              disabled={isFixed}
              onChange={(event) => onChange({ homeSize: event.target.value })}
            />
          </Field>
          {spawner.storageClasses.length > 1 ? (
            <Field id="spawn-home-class" label="Storage class">
              <Select
                id="spawn-home-class"
                value={state.homeClass}
                disabled={isFixed}
                onChange={(event) => onChange({ homeClass: event.target.value })}
              >
                <StorageClassOptions classes={spawner.storageClasses} />
              </Select>
            </Field>
          ) : null}
        </>
      ) : null}
      {state.home === 'existing' ? (
        <Field id="spawn-home-claim" label="Volume">
          <Select
            id="spawn-home-claim"
            value={state.homeClaim}
            disabled={isFixed}
            onChange={(event) => onChange({ homeClaim: event.target.value })}
          >
            <ClaimOptions spawner={spawner} />
          </Select>
        </Field>
      ) : null}
    </div>
  )
}

/** More volumes, new ones or of the workspace. */
export function DataFields({ state, spawner, faults, onChange }: Props) {
  if (spawner.readOnly.includes('datavols')) return null
  const change = (id: number, change: Partial<DataVolume>) =>
    onChange({ data: state.data.map((volume) => (volume.id === id ? { ...volume, ...change } : volume)) })
  const add = () => {
    const id = Math.max(-1, ...state.data.map((volume) => volume.id)) + 1
    const claim = spawner.volumes[0]?.name ?? newClaim
    onChange({ data: [...state.data, { id, mount: `/data/${id + 1}`, claim, name: '', size: '5Gi' }] })
  }
  return (
    <div className="grid gap-3">
      {state.data.map((volume, index) => (
        <div key={volume.id} className="grid items-start gap-3 sm:grid-cols-[1fr_1fr_6rem_auto]">
          <Field
            id={`spawn-data-${volume.id}`}
            label={`Volume ${index + 1}`}
            fault={faultOf(faults, `datavols.${index}`)}
          >
            <Select
              id={`spawn-data-${volume.id}`}
              value={volume.claim}
              onChange={(event) => change(volume.id, { claim: event.target.value })}
            >
              <option value={newClaim}>a new volume</option>
              <ClaimOptions spawner={spawner} />
            </Select>
          </Field>
          <Field id={`spawn-data-mount-${volume.id}`} label="Mounted at">
            <Input
              id={`spawn-data-mount-${volume.id}`}
              value={volume.mount}
              onChange={(event) => change(volume.id, { mount: event.target.value })}
            />
          </Field>
          {volume.claim === newClaim ? (
            <Field id={`spawn-data-size-${volume.id}`} label="Size">
              <Input
                id={`spawn-data-size-${volume.id}`}
                value={volume.size}
                onChange={(event) => change(volume.id, { size: event.target.value })}
              />
            </Field>
          ) : (
            <span />
          )}
          <Button
            variant="ghost"
            size="icon"
            className="mt-5.5"
            aria-label={`Take volume ${index + 1} away`}
            onClick={() => onChange({ data: state.data.filter(({ id }) => id !== volume.id) })}
          >
            <X />
          </Button>
        </div>
      ))}
      <span>
        <Button size="sm" onClick={add}>
          <Plus /> Add a volume
        </Button>
      </span>
    </div>
  )
}
