'use client'
import { lazy, Suspense, useSyncExternalStore } from 'react'
import { addToast, hasToasts, onFirstToast } from './toast-queue.ts'

/** Says in a corner what happened. The box that shows it is loaded with the first thing to say. */
export const toast = {
  success: (message: string) => addToast({ kind: 'success', message }),
  error: (message: string) => addToast({ kind: 'error', message }),
}

const ToastBox = lazy(() => import('./toast-box.tsx').then((module) => ({ default: module.ToastBox })))

export function Toaster() {
  const wanted = useSyncExternalStore(onFirstToast, hasToasts, () => false)
  if (!wanted) return null
  return (
    <Suspense>
      <ToastBox />
    </Suspense>
  )
}
