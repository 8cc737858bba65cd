'use client'
import { useTheme } from 'next-themes'
import { Toaster as Sonner, toast } from 'sonner'

export { toast }

export function Toaster() {
  const { resolvedTheme } = useTheme()
  return (
    <Sonner
      theme={resolvedTheme === 'dark' ? 'dark' : 'light'}
      position="bottom-right"
      style={{ zIndex: 'var(--z-index-toast)', fontFamily: 'var(--font-sans)' }}
      toastOptions={{ style: { background: 'var(--surface)', color: 'var(--fg)', border: '1px solid var(--line)' } }}
    />
  )
}
