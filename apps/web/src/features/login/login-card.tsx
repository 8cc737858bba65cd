'use client'
import { Button } from '@keelson/ui/button'
import { ThemeSwitch } from '@keelson/ui/theme'
import { LogIn } from 'lucide-react'
import { useState } from 'react'
import { signIn } from '@/auth/sign-in.ts'
import { Logo } from '@/shell/logo.tsx'

/** The way in: one button to the identity provider. Where the embedded one is on, its people are named. */
export function LoginCard({ next, embedded, problem }: { next: string; embedded: boolean; problem: string | null }) {
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState(problem)
  const enter = async () => {
    setBusy(true)
    setFault(null)
    try {
      await signIn(next)
    } catch (error) {
      setFault(error instanceof Error ? error.message : 'Signing in is not possible at the moment.')
      setBusy(false)
    }
  }
  return (
    <div className="grid min-h-screen place-items-center p-4">
      <div className="absolute top-3 right-3">
        <ThemeSwitch />
      </div>
      <main className="w-full max-w-sm rounded-xl border border-line bg-surface p-7 shadow-overlay">
        <Logo className="size-10" />
        <h1 className="mt-4 text-lg font-semibold tracking-tight">Sign in to Keelson</h1>
        <p className="mt-1 text-[13px] text-fg-muted">Training, experiments, models and endpoints in one place.</p>
        {fault ? (
          <p role="alert" className="mt-4 rounded-md bg-danger-soft px-3 py-2 text-[13px] break-words text-danger">
            {fault}
          </p>
        ) : null}
        <Button variant="primary" size="lg" className="mt-5 w-full" disabled={busy} onClick={enter}>
          <LogIn />
          {busy ? 'Going to the sign-in…' : 'Sign in'}
        </Button>
        {embedded ? (
          <div className="mt-5 border-t border-line pt-4 text-xs leading-relaxed text-fg-muted">
            <p className="font-medium text-fg">This is a local installation with its own sample people.</p>
            <p className="mt-1">
              Their e-mails and passwords were printed when it started and stand in{' '}
              <code className="font-mono">people.yaml</code> of the state folder, where you can change them.
            </p>
          </div>
        ) : null}
      </main>
    </div>
  )
}
