'use client'
import { Dialog } from '@keelson/ui/dialog'
import { Keys } from '@keelson/ui/keys'
import { shortcuts } from './shortcuts.ts'

export function ShortcutSheet({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const places = [...new Set(shortcuts.map((shortcut) => shortcut.where))]
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard shortcuts">
      <div className="grid gap-x-10 gap-y-5 sm:grid-cols-2">
        {places.map((place) => (
          <section key={place}>
            <h3 className="mb-1.5 text-xs font-medium text-fg-subtle">{place}</h3>
            <ul className="grid gap-1.5 text-[13px]">
              {shortcuts
                .filter((shortcut) => shortcut.where === place)
                .map((shortcut) => (
                  <li key={shortcut.keys} className="flex items-center justify-between gap-4">
                    {shortcut.label}
                    <Keys keys={shortcut.keys} />
                  </li>
                ))}
            </ul>
          </section>
        ))}
      </div>
    </Dialog>
  )
}
