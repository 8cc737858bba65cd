'use client'
import { Command } from 'cmdk'
import { Dialog } from 'radix-ui'
import { type ReactNode, useState } from 'react'
import { Keys } from './keys.tsx'

export type PaletteItem = {
  id: string
  label: string
  hint?: ReactNode
  icon?: ReactNode
  shortcut?: string
  run: () => void
}
export type PaletteGroup = { heading: string; items: readonly PaletteItem[] }

type Props = {
  open: boolean
  onOpenChange: (open: boolean) => void
  query: string
  onQueryChange: (query: string) => void
  /** What fits the query, the best first: the palette shows them as they are. */
  groups: readonly PaletteGroup[]
  loading: boolean
  note?: string | undefined
}

/** ⌘K: one box over pages, things and actions. Until an arrow is pressed the first one is chosen, also when a better one comes. */
export function CommandPalette({ open, onOpenChange, query, onQueryChange, groups, loading, note }: Props) {
  const [chosen, setChosen] = useState<string | null>(null)
  const shown = groups.filter((group) => group.items.length > 0)
  const ids = shown.flatMap((group) => group.items.map((item) => item.id))
  const value = chosen !== null && ids.includes(chosen) ? chosen : (ids[0] ?? '')
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-modal bg-(--overlay)" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[12vh] left-1/2 z-modal w-[min(42rem,calc(100vw-2rem))] -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-surface shadow-overlay"
        >
          <Dialog.Title className="sr-only">Go to or do</Dialog.Title>
          <Command label="Go to or do" loop shouldFilter={false} value={value} onValueChange={setChosen}>
            <Command.Input
              value={query}
              onValueChange={(next) => {
                setChosen(null)
                onQueryChange(next)
              }}
              placeholder="Find anything, go to a page, or do something"
              className="h-12 w-full border-b border-line bg-transparent px-4 text-sm outline-none placeholder:text-fg-subtle"
            />
            <Command.List className="scroll-thin max-h-[56vh] overflow-y-auto p-1.5 [&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-fg-subtle">
              {shown.map((group) => (
                <Command.Group key={group.heading} heading={group.heading}>
                  {group.items.map((item) => (
                    <Command.Item
                      key={item.id}
                      value={item.id}
                      onSelect={() => {
                        onOpenChange(false)
                        item.run()
                      }}
                      className="flex items-center gap-2.5 rounded-md px-2.5 py-2 text-[13px] data-[selected=true]:bg-surface-2 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-fg-subtle"
                    >
                      {item.icon}
                      <span className="min-w-0 truncate">{item.label}</span>
                      {item.hint ? (
                        <span className="ml-auto flex shrink-0 items-center gap-2 truncate text-xs text-fg-muted">
                          {item.hint}
                        </span>
                      ) : null}
                      {item.shortcut ? (
                        <span className={item.hint ? '' : 'ml-auto'}>
                          <Keys keys={item.shortcut} />
                        </span>
                      ) : null}
                    </Command.Item>
                  ))}
                </Command.Group>
              ))}
            </Command.List>
          </Command>
          <p
            role="status"
            className="flex min-h-8 items-center gap-3 border-t border-line px-4 py-1.5 text-xs text-fg-subtle"
          >
            {loading ? 'Looking…' : (note ?? 'kind:run and in:workspace narrow it down')}
          </p>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
