'use client'
import { Slot } from 'radix-ui'
import { type FocusEvent, type PointerEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { createPortal } from 'react-dom'
import { placeBeside, type Side } from './place-beside.ts'

const showAfterMs = 250
/** So that the pointer can travel from the child to the hint without losing it (WCAG 1.4.13). */
const hideAfterMs = 120

/**
 * A hint on hover and focus; Escape takes it away. The child must be focusable to be reached by keyboard. Small on purpose:
 * every page has dozens of these before the first paint, and none of them needs a positioning library.
 */
export function Tooltip({ text, children, side = 'top' }: { text: ReactNode; children: ReactNode; side?: Side }) {
  const id = useId()
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const [anchor, setAnchor] = useState<Element | null>(null)
  const plan = (element: Element | null, afterMs: number) => {
    clearTimeout(timer.current)
    timer.current = setTimeout(() => setAnchor(element), afterMs)
  }
  const now = (element: Element | null) => {
    clearTimeout(timer.current)
    setAnchor(element)
  }

  // A hint whose child goes away must not come up later.
  useEffect(() => () => clearTimeout(timer.current), [])
  // The keyboard: wherever the focus is, Escape takes the hint away.
  useEffect(() => {
    if (anchor === null) return
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && setAnchor(null)
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [anchor])

  return (
    <>
      <Slot.Root
        {...(anchor ? { 'aria-describedby': id } : {})}
        onPointerEnter={(event: PointerEvent) =>
          event.pointerType !== 'touch' && plan(event.currentTarget, showAfterMs)
        }
        onPointerLeave={() => plan(null, hideAfterMs)}
        onPointerDown={() => now(null)}
        onFocus={(event: FocusEvent) => event.currentTarget.matches(':focus-visible') && now(event.currentTarget)}
        onBlur={() => now(null)}
      >
        {children}
      </Slot.Root>
      {anchor
        ? createPortal(
            <div
              id={id}
              role="tooltip"
              ref={(element) => {
                if (element) placeBeside(element, anchor, side)
              }}
              onPointerEnter={() => clearTimeout(timer.current)}
              onPointerLeave={() => plan(null, hideAfterMs)}
              className="fixed z-tooltip w-max max-w-80 rounded-md bg-fg px-2.5 py-1.5 text-xs leading-snug break-words text-bg shadow-overlay"
            >
              {text}
            </div>,
            document.body,
          )
        : null}
    </>
  )
}
