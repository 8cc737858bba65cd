'use client'
import { Input } from '@keelson/ui/input'
import { useUrlState } from './url-state.ts'

/** The list's filter, kept in the address; `/` focuses it, Escape empties it. */
export function FilterBox({ placeholder = 'Filter' }: { placeholder?: string }) {
  const [filter, setFilter] = useUrlState('q', '')
  return (
    <Input
      data-filter
      type="search"
      aria-label={placeholder}
      placeholder={placeholder}
      value={filter}
      className="w-52"
      onChange={(event) => setFilter(event.target.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        if (filter) setFilter('')
        else event.currentTarget.blur()
      }}
    />
  )
}

/** True when every word of the filter is in one of the values. */
export function matches(filter: string, ...values: (string | null | undefined)[]): boolean {
  const text = values.join(' ').toLowerCase()
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}
