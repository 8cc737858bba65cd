import type { Metadata } from 'next'
import { safeCallback } from '@/auth/callback.rules.ts'
import { readRefusal } from '@/auth/refusal.ts'
import { webEnv } from '@/env.ts'
import { LoginCard } from '@/features/login/login-card.tsx'

export const metadata: Metadata = { title: 'Sign in' }

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> }

export default async function LoginPage({ searchParams }: Props) {
  const asked = await searchParams
  const one = (key: string) => (typeof asked[key] === 'string' ? asked[key] : null)
  const env = webEnv()
  return (
    <LoginCard
      next={safeCallback(one('next') ?? one('callbackUrl'), env.url)}
      embedded={env.embeddedIdentity}
      problem={
        one('error') === null
          ? null
          : (readRefusal(one('reason'), one('proof')) ?? 'The sign-in did not come to its end. Try again.')
      }
    />
  )
}
