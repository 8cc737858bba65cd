'use client'
import type { Me } from '@keelson/contracts/access'
import { Button } from '@keelson/ui/button'
import { Dropdown, DropdownItem, DropdownSeparator } from '@keelson/ui/dropdown'
import { Keyboard, KeyRound, LogOut, ShieldCheck } from 'lucide-react'
import Link from 'next/link'
import { useRef } from 'react'
import { forgetRecent } from '@/features/search/index.ts'

export function UserMenu({ me, onShortcuts }: { me: Me; onShortcuts: () => void }) {
  const form = useRef<HTMLFormElement>(null)
  const initials = (me.name || me.username)
    .split(/[\s.@]+/)
    .slice(0, 2)
    .map((word) => word[0]?.toUpperCase() ?? '')
    .join('')
  return (
    <>
      {/* A form and no fetch: signing out ends in redirects to the identity provider. */}
      <form ref={form} method="post" action="/api/auth/end" hidden onSubmit={() => forgetRecent(me.username)} />
      <Dropdown
        trigger={
          <Button variant="ghost" size="icon">
            <span className="sr-only">Your menu, {me.name || me.username}</span>
            <span
              aria-hidden
              className="flex size-6 items-center justify-center rounded-full bg-accent-soft text-[11px] font-semibold text-accent"
            >
              {initials}
            </span>
          </Button>
        }
      >
        <div className="px-2 py-1.5 text-[13px]">
          <p className="font-medium">{me.name || me.username}</p>
          <p className="text-xs text-fg-muted">{me.username}</p>
          {me.isAdmin ? <p className="mt-0.5 text-xs text-accent">Administrator of this installation</p> : null}
        </div>
        <DropdownSeparator />
        <DropdownItem asChild>
          <Link href="/settings/tokens">
            <KeyRound />
            Access tokens
          </Link>
        </DropdownItem>
        {me.isAdmin ? (
          <DropdownItem asChild>
            <Link href="/admin">
              <ShieldCheck />
              Administration
            </Link>
          </DropdownItem>
        ) : null}
        <DropdownItem onSelect={onShortcuts}>
          <Keyboard />
          Keyboard shortcuts
        </DropdownItem>
        <DropdownSeparator />
        <DropdownItem onSelect={() => form.current?.requestSubmit()}>
          <LogOut />
          Sign out
        </DropdownItem>
      </Dropdown>
    </>
  )
}
