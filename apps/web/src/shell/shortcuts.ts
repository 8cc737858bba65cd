'use client'
import { useEffect, useRef } from 'react'
import { nav } from '@/nav.ts'

export type Shortcut = { keys: string; label: string; where: string }

/** Every shortcut there is: what is not in this list does not work, and the `?` sheet shows the list. */
export const shortcuts: readonly Shortcut[] = [
  { keys: '⌘ K', label: 'Find, go to or do anything', where: 'Everywhere' },
  { keys: '?', label: 'This sheet', where: 'Everywhere' },
  { keys: '/', label: 'Filter the list', where: 'Lists' },
  { keys: 'j', label: 'Next row (also ↓)', where: 'Lists' },
  { keys: 'k', label: 'Row before (also ↑)', where: 'Lists' },
  { keys: 'Enter', label: 'Open the row', where: 'Lists' },
  { keys: 'x', label: 'Select the row', where: 'Lists' },
  { keys: 'Esc', label: 'Back out one layer', where: 'Everywhere' },
  ...nav.map((entry) => ({ keys: entry.shortcut, label: entry.label, where: 'Go to' })),
]

type Handlers = { openPalette: () => void; openSheet: () => void; go: (id: string) => void }

const sequenceMs = 1_000

/** Listens to the page's keys, but never while somebody types or a dialog has the keyboard. */
export function useShortcuts(handlers: Handlers): void {
  const latest = useRef(handlers)
  latest.current = handlers
  const pending = useRef({ key: '', at: 0 })
  // The window's keyboard is outside React.
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        return latest.current.openPalette()
      }
      const target = event.target as HTMLElement
      if (
        event.metaKey ||
        event.ctrlKey ||
        event.altKey ||
        target.closest('input,textarea,select,[contenteditable],[role=dialog],[role=menu]')
      )
        return
      const last = pending.current
      pending.current = { key: event.key, at: event.timeStamp }
      if (event.key === '?') return latest.current.openSheet()
      if (event.key === '/') {
        const filter = document.querySelector<HTMLInputElement>('[data-filter]')
        if (filter) {
          event.preventDefault()
          filter.focus()
        }
        return
      }
      if (last.key !== 'g' || event.timeStamp - last.at > sequenceMs) return
      const entry = nav.find((one) => one.shortcut === `g ${event.key}`)
      if (entry) latest.current.go(entry.id)
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}
