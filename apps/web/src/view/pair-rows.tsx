'use client'
import { Button } from '@keelson/ui/button'
import { Input } from '@keelson/ui/input'
import { X } from 'lucide-react'

export type Pair = readonly [string, string]
type Side = { label: string; placeholder: string; list?: string }

/** For a list of environment variables. */
export const variableSides: readonly [Side, Side] = [
  { label: 'Name', placeholder: 'NAME' },
  { label: 'Value', placeholder: 'value' },
]

/** Rows of two texts each, such as variables. The list is written as a whole: places are the keys. */
export function PairRows({
  what,
  sides,
  pairs,
  onChange,
}: {
  /** What one of them is called: `variable`. */
  what: string
  sides: readonly [Side, Side]
  pairs: readonly Pair[]
  onChange: (pairs: Pair[]) => void
}) {
  const set = (index: number, pair: Pair) => onChange(pairs.map((one, place) => (place === index ? pair : one)))
  return pairs.map(([one, other], index) => (
    <div key={index} className="grid grid-cols-[1fr_1fr_auto] gap-2">
      <Half what={`${what} ${index + 1}`} side={sides[0]} value={one} onType={(text) => set(index, [text, other])} />
      <Half what={`${what} ${index + 1}`} side={sides[1]} value={other} onType={(text) => set(index, [one, text])} />
      <Button
        variant="ghost"
        size="icon"
        aria-label={`Take ${what} ${index + 1} away`}
        onClick={() => onChange(pairs.filter((_, place) => place !== index))}
      >
        <X />
      </Button>
    </div>
  ))
}

type HalfProps = { what: string; side: Side; value: string; onType: (text: string) => void }

function Half({ what, side, value, onType }: HalfProps) {
  const { label, ...rest } = side
  return (
    <Input
      aria-label={`${label} of ${what}`}
      {...rest}
      value={value}
      onChange={(event) => onType(event.target.value)}
    />
  )
}
