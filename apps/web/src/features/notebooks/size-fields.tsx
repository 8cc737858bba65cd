'use client'
import type { Spawner } from '@keelson/contracts/notebooks'
import { Field, Input } from '@keelson/ui/input'
import { Select } from '@keelson/ui/select'
import type { SpawnState } from './spawn-state.ts'

type Size = Pick<SpawnState, 'cpu' | 'memory' | 'gpuCount' | 'gpuVendor'>
type Props = {
  idPrefix: string
  values: Size
  spawner: Pick<Spawner, 'gpus' | 'readOnly'>
  faults: Readonly<Record<string, string>>
  onChange: (change: Partial<Size>) => void
}

const counts = ['none', '1', '2', '4', '8']
const fixed = 'Fixed by this installation.'

/** CPU, memory, and the accelerators that nodes have. */
export function SizeFields({ idPrefix, values, spawner, faults, onChange }: Props) {
  const { gpus, readOnly } = spawner
  const is = (field: string) => readOnly.includes(field)
  // What it has already can be kept, also where no node has it now.
  const vendors =
    values.gpuVendor === '' || gpus.some(({ key }) => key === values.gpuVendor)
      ? gpus
      : [...gpus, { key: values.gpuVendor, label: values.gpuVendor }]
  return (
    <div className="grid items-start gap-4 sm:grid-cols-2">
      <Field
        id={`${idPrefix}-cpu`}
        label="CPU"
        hint={is('cpu') ? fixed : 'Cores: 0.5, 2, 500m'}
        fault={faults.cpu ?? faults.cpuLimit}
      >
        <Input
          id={`${idPrefix}-cpu`}
          value={values.cpu}
          disabled={is('cpu')}
          onChange={(event) => onChange({ cpu: event.target.value })}
        />
      </Field>
      <Field
        id={`${idPrefix}-memory`}
        label="Memory"
        hint={is('memory') ? fixed : '512Mi, 4Gi'}
        fault={faults.memory ?? faults.memoryLimit}
      >
        <Input
          id={`${idPrefix}-memory`}
          value={values.memory}
          disabled={is('memory')}
          onChange={(event) => onChange({ memory: event.target.value })}
        />
      </Field>
      {vendors.length > 0 ? (
        <>
          <Field id={`${idPrefix}-gpus`} label="GPUs" hint={is('gpus') ? fixed : undefined} fault={faults['gpus.num']}>
            <Select
              id={`${idPrefix}-gpus`}
              value={values.gpuCount}
              disabled={is('gpus')}
              onChange={(event) => onChange({ gpuCount: event.target.value })}
            >
              {[...new Set([...counts, values.gpuCount])].map((count) => (
                <option key={count}>{count}</option>
              ))}
            </Select>
          </Field>
          <Field id={`${idPrefix}-vendor`} label="GPU vendor" fault={faults['gpus.vendor']}>
            <Select
              id={`${idPrefix}-vendor`}
              value={values.gpuVendor}
              disabled={is('gpus') || values.gpuCount === 'none'}
              onChange={(event) => onChange({ gpuVendor: event.target.value })}
            >
              {vendors.map(({ key, label }) => (
                <option key={key} value={key}>
                  {label}
                </option>
              ))}
            </Select>
          </Field>
        </>
      ) : (
        <p className="text-xs text-fg-subtle sm:col-span-2">No node of this cluster has a GPU.</p>
      )}
    </div>
  )
}
