'use client'
import { Button } from '@keelson/ui/button'
import { Dropdown, DropdownCheck, DropdownLabel } from '@keelson/ui/dropdown'
import { Columns3 } from 'lucide-react'

type Props = {
  keys: { metrics: string[]; params: string[] }
  shown: readonly string[]
  onChange: (shown: string[]) => void
}

/** Which metrics and parameters the table shows; the choice is kept in the address. */
export function ColumnPicker({ keys, shown, onChange }: Props) {
  const toggle = (id: string) => onChange(shown.includes(id) ? shown.filter((one) => one !== id) : [...shown, id])
  const groups = [
    { label: 'Metrics', ids: keys.metrics.map((key) => `metrics.${key}`) },
    { label: 'Parameters', ids: keys.params.map((key) => `params.${key}`) },
  ]
  return (
    <Dropdown
      trigger={
        <Button>
          <Columns3 />
          Columns
        </Button>
      }
    >
      {groups.map((group) => (
        <div key={group.label}>
          <DropdownLabel>{group.label}</DropdownLabel>
          {group.ids.map((id) => (
            <DropdownCheck key={id} checked={shown.includes(id)} onCheckedChange={() => toggle(id)}>
              {id.slice(id.indexOf('.') + 1)}
            </DropdownCheck>
          ))}
        </div>
      ))}
    </Dropdown>
  )
}
