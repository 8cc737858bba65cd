'use client'
import { Slot } from 'radix-ui'
import { type ComponentProps, createContext, type KeyboardEvent, type ReactNode, use, useState } from 'react'
import { cn } from './cn.ts'

type Parts = typeof import('./dropdown-menu.tsx')

const load = () => import('./dropdown-menu.tsx')
const PartsContext = createContext<Parts | null>(null)

/** Items live only inside of an open menu, whose parts are loaded by then. */
function useParts(): Parts {
  const parts = use(PartsContext)
  if (!parts) throw new Error('An item of a menu stands outside of a Dropdown.')
  return parts
}

/** A menu behind a button. Until somebody reaches for it there is only the button: the menu's script comes with the first use. */
export function Dropdown({
  trigger,
  children,
  align = 'end',
  className,
}: {
  trigger: ReactNode
  children: ReactNode
  align?: 'start' | 'end'
  className?: string
}) {
  const [parts, setParts] = useState<Parts | null>(null)
  const open = () => void load().then(setParts)
  if (!parts)
    return (
      <Slot.Root
        aria-haspopup="menu"
        aria-expanded={false}
        onPointerEnter={() => void load()}
        onFocus={() => void load()}
        onClick={open}
        onKeyDown={(event: KeyboardEvent) => event.key === 'ArrowDown' && open()}
      >
        {trigger}
      </Slot.Root>
    )
  return (
    <PartsContext value={parts}>
      <parts.Menu trigger={trigger} align={align} className={className}>
        {children}
      </parts.Menu>
    </PartsContext>
  )
}

const item =
  'flex items-center gap-2 rounded-md px-2 py-1.5 text-[13px] outline-none select-none data-[disabled]:opacity-50 data-[highlighted]:bg-surface-2 [&_svg]:size-4 [&_svg]:text-fg-subtle'

export function DropdownItem({ className, ...props }: ComponentProps<Parts['Item']>) {
  const { Item } = useParts()
  return <Item className={cn(item, className)} {...props} />
}

export function DropdownCheck({ className, children, ...props }: ComponentProps<Parts['CheckboxItem']>) {
  const { CheckboxItem, ItemIndicator } = useParts()
  return (
    <CheckboxItem className={cn(item, className)} onSelect={(event) => event.preventDefault()} {...props}>
      <span
        aria-hidden
        className="flex size-4 items-center justify-center rounded border border-line-strong text-[10px]"
      >
        <ItemIndicator>✓</ItemIndicator>
      </span>
      {children}
    </CheckboxItem>
  )
}

export function DropdownLabel({ children }: { children: ReactNode }) {
  const { Label } = useParts()
  return <Label className="px-2 pt-1.5 pb-1 text-xs font-medium text-fg-subtle">{children}</Label>
}

export function DropdownSeparator() {
  const { Separator } = useParts()
  return <Separator className="-mx-1 my-1 h-px bg-line" />
}
