'use client'
import { useTheme } from 'next-themes'
import { useEffect } from 'react'
import { Toaster as Sonner, toast as sonner } from 'sonner'
import { takeToasts } from './toast-queue.ts'

export function ToastBox() {
  const { resolvedTheme } = useTheme()
  // The queue: an effect of the parent runs after Sonner's own, so Sonner hears what is shown here.
  useEffect(() => takeToasts(({ kind, message }) => sonner[kind](message)), [])
  return (
    <Sonner
      theme={resolvedTheme === 'dark' ? 'dark' : 'light'}
      position="bottom-right"
      style={{ zIndex: 'var(--z-index-toast)', fontFamily: 'var(--font-sans)' }}
      toastOptions={{ style: { background: 'var(--surface)', color: 'var(--fg)', border: '1px solid var(--line)' } }}
    />
  )
}
