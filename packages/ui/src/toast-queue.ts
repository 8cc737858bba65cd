export type Toast = { kind: 'success' | 'error'; message: string }

const waiting: Toast[] = []
const listeners = new Set<() => void>()
let show: ((toast: Toast) => void) | null = null
let hasAny = false

/** Shows a toast, or keeps it until the box that shows it is there. */
export function addToast(toast: Toast): void {
  if (show) {
    show(toast)
    return
  }
  waiting.push(toast)
  hasAny = true
  for (const listener of listeners) listener()
}

/** Whether there has been anything to show: from then on the box stays. */
export const hasToasts = (): boolean => hasAny

export function onFirstToast(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The box takes over: what waited is shown now, the rest as it comes. Returns how to leave again. */
export function takeToasts(shown: (toast: Toast) => void): () => void {
  show = shown
  for (const toast of waiting.splice(0)) shown(toast)
  return () => {
    show = null
  }
}
