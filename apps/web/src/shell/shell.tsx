'use client'
import { Button } from '@keelson/ui/button'
import { cn } from '@keelson/ui/cn'
import { Dropdown, DropdownItem } from '@keelson/ui/dropdown'
import { Keys } from '@keelson/ui/keys'
import { ThemeSwitch } from '@keelson/ui/theme'
import { Menu, Search, ShieldAlert, WifiOff } from 'lucide-react'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { usePathname, useRouter } from 'next/navigation'
import { type ReactNode, useState } from 'react'
import { crumbsOf, nav } from '@/nav.ts'
import { useLive } from '@/trpc/live.tsx'
import { useInstallation } from './installation.tsx'
import { Logo } from './logo.tsx'
import { useShortcuts } from './shortcuts.ts'
import { UserMenu } from './user-menu.tsx'
import { ViewBanner } from './view-banner.tsx'
import { WorkspaceSwitcher } from './workspace-switcher.tsx'

const ShortcutSheet = dynamic(() => import('./shortcut-sheet.tsx').then((module) => module.ShortcutSheet), {
  ssr: false,
})
const Palette = dynamic(() => import('./palette.tsx').then((module) => module.Palette), { ssr: false })

/** The frame of every page: side menu, top bar, palette, shortcuts, and the live stream behind it all. */
export function Shell({ children }: { children: ReactNode }) {
  const { me, info } = useInstallation()
  const pathname = usePathname()
  const router = useRouter()
  const [palette, setPalette] = useState(false)
  const [sheet, setSheet] = useState(false)
  const { disconnected } = useLive()
  const named = /^\/w\/([^/]+)/.exec(pathname)?.[1]
  const workspace = named === undefined ? (me.workspaces[0]?.name ?? null) : decodeURIComponent(named)
  useShortcuts({
    openPalette: () => setPalette(true),
    openSheet: () => setSheet(true),
    go: (id) => {
      const entry = nav.find((one) => one.id === id)
      if (entry && workspace !== null) router.push(entry.path(workspace))
    },
  })
  return (
    <div className="grid min-h-screen md:grid-cols-[13.5rem_minmax(0,1fr)]">
      <a href="#content" className="sr-only z-toast rounded bg-surface p-2 focus:not-sr-only focus:absolute">
        Skip to the content
      </a>
      <aside className="sticky top-0 hidden h-screen flex-col gap-3 border-r border-line bg-surface p-3 md:flex">
        <Link
          href="/"
          className="flex items-center gap-2 rounded-md px-1 py-1 text-[15px] font-semibold tracking-tight"
        >
          <Logo />
          Keelson
        </Link>
        <WorkspaceSwitcher me={me} workspace={workspace} />
        <SideMenu workspace={workspace} pathname={pathname} />
        <Version />
      </aside>
      <div className="flex min-w-0 flex-col">
        <header className="sticky top-0 z-panel flex h-12 items-center gap-1 border-b border-line bg-surface px-3 md:px-5">
          <PhoneMenu workspace={workspace} />
          <Breadcrumbs pathname={pathname} />
          <div className="ml-auto flex items-center gap-1">
            <Button size="sm" className="text-fg-muted" onClick={() => setPalette(true)}>
              <Search />
              <span className="max-sm:sr-only">Search</span>
              <span aria-hidden className="hidden sm:inline">
                <Keys keys="⌘ K" />
              </span>
            </Button>
            <ThemeSwitch />
            <UserMenu me={me} onShortcuts={() => setSheet(true)} />
          </div>
        </header>
        <ViewBanner me={me} />
        {info.notIsolated === null ? null : (
          <div
            role="note"
            className="flex items-center gap-2 border-b border-line bg-warning-soft px-5 py-1.5 text-[13px] text-warning"
          >
            <ShieldAlert aria-hidden className="size-4 shrink-0" />
            {info.notIsolated}
          </div>
        )}
        {disconnected ? (
          <div
            role="status"
            className="flex items-center gap-2 border-b border-line bg-warning-soft px-5 py-1.5 text-[13px] text-warning"
          >
            <WifiOff aria-hidden className="size-4" />
            Not connected: what you see may be out of date. Trying again by itself.
          </div>
        ) : null}
        <main
          id="content"
          tabIndex={-1}
          className="mx-auto w-full max-w-[100rem] min-w-0 flex-1 p-4 outline-none md:p-5"
        >
          {children}
        </main>
      </div>
      {palette ? (
        <Palette open={palette} onOpenChange={setPalette} workspace={workspace} onShortcuts={() => setSheet(true)} />
      ) : null}
      {sheet ? <ShortcutSheet open onOpenChange={setSheet} /> : null}
    </div>
  )
}

function SideMenu({ workspace, pathname }: { workspace: string | null; pathname: string }) {
  if (workspace === null) return null
  return (
    <nav aria-label="Workspace" className="grid gap-0.5">
      {nav.map((entry) => {
        const href = entry.path(workspace)
        const current = entry.id === 'home' ? pathname === href : pathname === href || pathname.startsWith(`${href}/`)
        return (
          <Link
            key={entry.id}
            href={href}
            aria-current={current ? 'page' : undefined}
            className={cn(
              'flex h-8 items-center gap-2.5 rounded-md px-2 text-[13px] text-fg-muted hover:bg-surface-2 hover:text-fg',
              current && 'bg-surface-2 font-medium text-fg',
            )}
          >
            <entry.icon aria-hidden className={cn('size-4', current && 'text-accent')} />
            {entry.label}
          </Link>
        )
      })}
    </nav>
  )
}

function Version() {
  const { info } = useInstallation()
  return (
    <p className="mt-auto px-2 text-xs text-fg-subtle">
      Keelson {info.version}
      <br />
      {info.clusterName}
    </p>
  )
}

function PhoneMenu({ workspace }: { workspace: string | null }) {
  const router = useRouter()
  if (workspace === null) return null
  return (
    <div className="md:hidden">
      <Dropdown
        align="start"
        trigger={
          <Button variant="ghost" size="icon" aria-label="Menu">
            <Menu />
          </Button>
        }
      >
        {nav.map((entry) => (
          <DropdownItem key={entry.id} onSelect={() => router.push(entry.path(workspace))}>
            <entry.icon />
            {entry.label}
          </DropdownItem>
        ))}
      </Dropdown>
    </div>
  )
}

function Breadcrumbs({ pathname }: { pathname: string }) {
  return (
    <nav aria-label="Breadcrumbs" className="min-w-0">
      <ol className="flex min-w-0 items-center gap-1.5 text-[13px]">
        {crumbsOf(pathname).map((crumb, index) => (
          <li key={`${crumb.label}${crumb.href}`} className="flex min-w-0 items-center gap-1.5">
            {index > 0 ? (
              <span aria-hidden className="text-fg-subtle">
                /
              </span>
            ) : null}
            {crumb.href ? (
              <Link href={crumb.href} className="truncate rounded text-fg-muted hover:text-fg">
                {crumb.label}
              </Link>
            ) : (
              <span aria-current="page" className="truncate font-medium">
                {crumb.label}
              </span>
            )}
          </li>
        ))}
      </ol>
    </nav>
  )
}
