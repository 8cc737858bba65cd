'use client'
import type { Me } from '@keelson/contracts/access'
import { Badge } from '@keelson/ui/badge'
import { Dropdown, DropdownItem, DropdownLabel, DropdownSeparator } from '@keelson/ui/dropdown'
import { ChevronsUpDown, Plus } from 'lucide-react'
import Link from 'next/link'
import { paths } from '@/view/paths.ts'

/** Where one is and what one is there; the way to the other workspaces. */
export function WorkspaceSwitcher({ me, workspace }: { me: Me; workspace: string | null }) {
  const current = me.workspaces.find((one) => one.name === workspace)
  return (
    <Dropdown
      align="start"
      className="w-56"
      trigger={
        <button
          type="button"
          className="flex h-10 w-full items-center gap-2 rounded-md border border-line px-2.5 text-left hover:bg-surface-2"
        >
          <span className="sr-only">Switch the workspace, now in</span>
          <span className="grid min-w-0 flex-1">
            <span className="truncate text-[13px] leading-tight font-medium">{workspace ?? 'No workspace'}</span>
            {current ? <span className="text-[11px] leading-tight text-fg-subtle">{current.role}</span> : null}
          </span>
          <ChevronsUpDown aria-hidden className="size-4 shrink-0 text-fg-subtle" />
        </button>
      }
    >
      <DropdownLabel>Workspaces</DropdownLabel>
      {me.workspaces.map((one) => (
        <DropdownItem key={one.name} asChild>
          <Link href={paths.home(one.name)} aria-current={one.name === workspace ? 'true' : undefined}>
            <span className="truncate">{one.name}</span>
            <Badge tone={one.name === workspace ? 'accent' : 'neutral'} className="ml-auto">
              {one.role}
            </Badge>
          </Link>
        </DropdownItem>
      ))}
      {me.workspaces.length === 0 ? <p className="px-2 py-1 text-xs text-fg-muted">You are in none yet.</p> : null}
      <DropdownSeparator />
      <DropdownItem asChild>
        <Link href="/new-workspace">
          <Plus />
          New workspace
        </Link>
      </DropdownItem>
    </Dropdown>
  )
}
