'use client'
import { Command } from 'cmdk'
import { Dialog } from 'radix-ui'
import type { ReactNode } from 'react'
import { Keys } from './keys.tsx'

export type PaletteItem = {
  id: string
  label: string
  hint?: string
  icon?: ReactNode
  keywords?: string[]
  shortcut?: string
  run: () => void
}
export type PaletteGroup = { heading: string; items: readonly PaletteItem[] }

/** ⌘K: one box over pages, things and actions. The caller loads the groups when it opens. */
export function CommandPalette({
  open,
  onOpenChange,
  groups,
  loading,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  groups: readonly PaletteGroup[]
  loading: boolean
}) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-modal bg-(--overlay)" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[12vh] left-1/2 z-modal w-[min(38rem,calc(100vw-2rem))] -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-surface shadow-overlay"
        >
          <Dialog.Title className="sr-only">Go to or do</Dialog.Title>
          <Command label="Go to or do" loop>
            <Command.Input
              placeholder="Go to a page, job, run, model, endpoint … or do something"
              className="h-12 w-full border-b border-line bg-transparent px-4 text-sm outline-none placeholder:text-fg-subtle"
            />
            <Command.List className="scroll-thin max-h-[50vh] overflow-y-auto p-1.5 [&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-fg-subtle">
              <Command.Empty className="px-3 py-8 text-center text-[13px] text-fg-muted">
                {loading ? 'Looking…' : 'Nothing of that name.'}
              </Command.Empty>
              {groups.map((group) =>
                group.items.length === 0 ? null : (
                  <Command.Group key={group.heading} heading={group.heading}>
                    {group.items.map((item) => (
                      <Command.Item
                        key={item.id}
                        value={`${item.label} ${item.id}`}
                        keywords={item.keywords ?? []}
                        onSelect={() => {
                          onOpenChange(false)
                          item.run()
                        }}
                        className="flex items-center gap-2.5 rounded-md px-2.5 py-2 text-[13px] data-[selected=true]:bg-surface-2 [&_svg]:size-4 [&_svg]:text-fg-subtle"
                      >
                        {item.icon}
                        <span className="truncate">{item.label}</span>
                        {item.hint ? (
                          <span className="ml-auto truncate text-xs text-fg-subtle">{item.hint}</span>
                        ) : null}
                        {item.shortcut ? <Keys keys={item.shortcut} /> : null}
                      </Command.Item>
                    ))}
                  </Command.Group>
                ),
              )}
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
