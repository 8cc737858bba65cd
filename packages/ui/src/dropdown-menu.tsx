'use client'
import { DropdownMenu as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { cn } from './cn.ts'

/** The menu itself, loaded when somebody reaches for it (see `Dropdown`). It comes up open. */
export function Menu({
  trigger,
  children,
  align,
  className,
}: {
  trigger: ReactNode
  children: ReactNode
  align: 'start' | 'end'
  className?: string | undefined
}) {
  return (
    <Radix.Root modal={false} defaultOpen>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={6}
          collisionPadding={8}
          className={cn(
            'scroll-thin z-popover max-h-(--radix-dropdown-menu-content-available-height) min-w-52 overflow-y-auto rounded-lg border border-line bg-surface p-1 shadow-overlay',
            className,
          )}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

export const { Item, CheckboxItem, ItemIndicator, Label, Separator } = Radix
