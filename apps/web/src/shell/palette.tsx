'use client'
import type { SearchGroup, SearchHit } from '@keelson/contracts/search'
import { parseSearch, rankOf, ranks } from '@keelson/contracts/search-query'
import { CommandPalette, type PaletteGroup, type PaletteItem } from '@keelson/ui/command-palette'
import { Age } from '@keelson/ui/relative-time'
import { StatusBadge } from '@keelson/ui/status-badge'
import { useTheme } from '@keelson/ui/theme'
import { Search } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { keepRecent, keyOfHit, kindLooks, linkOfHit, readRecent, useSearch } from '@/features/search/index.ts'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { useCan } from '@/view/can.ts'
import { useInstallation } from './installation.tsx'
import { actionEntries, type LocalEntry, pageEntries, workspaceEntries } from './local-entries.tsx'

type Props = { open: boolean; onOpenChange: (open: boolean) => void; workspace: string | null; onShortcuts: () => void }

const shownOfKind = 5

/** ⌘K: everything that one may see, the pages, and what can be done. Mounted when it opens, so nothing is asked for before. */
export function Palette({ open, onOpenChange, workspace, onShortcuts }: Props) {
  const router = useRouter()
  const { me } = useInstallation()
  const { resolvedTheme, setTheme } = useTheme()
  const [query, setQuery] = useState('')
  const { result, loading, error } = useSearch(query, shownOfKind)
  // Outside of a workspace nothing of one is offered, so that nothing is asked.
  const can = useCan(workspace)
  const may: Parameters<typeof actionEntries>[1]['may'] = (action) => can(action)?.allowed === true
  const go = (to: LocalEntry['to']) => (typeof to === 'string' ? () => router.push(to) : to)
  const local = (heading: string, entries: readonly LocalEntry[]): RankedGroup =>
    rankedGroup(heading, query, entries, go)
  const groups = [
    local('Pages', pageEntries(workspace, me)),
    ...result.groups.map((group) =>
      foundGroup(group, (hit) => {
        keepRecent(me.username, hit)
        router.push(linkOfHit(hit))
      }),
    ),
    local('Actions', actionEntries(workspace, { may, isDark: resolvedTheme === 'dark', setTheme, onShortcuts })),
  ].sort((one, other) => one.rank - other.rank)
  const isSearch = query.trim() !== ''
  return (
    <CommandPalette
      open={open}
      onOpenChange={onOpenChange}
      query={query}
      onQueryChange={setQuery}
      groups={
        isSearch
          ? [...groups, allOf(query, () => router.push(`/search?q=${encodeURIComponent(query.trim())}`))]
          : [
              recentGroup(me.username, (href) => router.push(href)),
              ...groups,
              local('Workspaces', workspaceEntries(me)),
            ]
      }
      loading={isSearch && loading}
      note={error ? errorBodyOf(error).message : result.notes[0]}
    />
  )
}

type RankedGroup = PaletteGroup & { rank: number }

/** Pages and actions by the rules that everything else is ranked by. */
function rankedGroup(
  heading: string,
  query: string,
  entries: readonly LocalEntry[],
  go: (to: LocalEntry['to']) => () => void,
): RankedGroup {
  const parsed = parseSearch(query)
  // A filter asks for things, of which a page is none.
  const isFiltered = parsed.kinds.length > 0 || parsed.workspaces.length > 0
  const fitting = (isFiltered ? [] : entries)
    .flatMap((entry) => {
      const rank = rankOf(parsed, [entry.label], entry.words.split(' '))
      return rank === null ? [] : [{ entry, rank }]
    })
    .sort((one, other) => one.rank - other.rank)
  const items = fitting.map(
    ({ entry }): PaletteItem => ({
      id: entry.id,
      label: entry.label,
      icon: <entry.icon />,
      ...(entry.hint ? { hint: entry.hint } : {}),
      ...(entry.shortcut ? { shortcut: entry.shortcut } : {}),
      run: go(entry.to),
    }),
  )
  return { heading, items, rank: fitting[0]?.rank ?? ranks.fuzzy }
}

function foundGroup(group: SearchGroup, open: (hit: SearchHit) => void): RankedGroup {
  const { label, icon: Icon } = kindLooks[group.kind]
  const items = group.hits.slice(0, shownOfKind).map(
    (hit): PaletteItem => ({
      id: keyOfHit(hit),
      label: hit.name,
      icon: <Icon />,
      hint: <HitHint hit={hit} />,
      run: () => open(hit),
    }),
  )
  return { heading: label, items, rank: group.hits[0]?.rank ?? ranks.fuzzy }
}

function HitHint({ hit }: { hit: SearchHit }) {
  return (
    <>
      {hit.because ? (
        <span className="max-w-52 truncate">{hit.because}</span>
      ) : hit.type ? (
        <span>{hit.type}</span>
      ) : null}
      {hit.workspace && hit.kind !== 'workspace' ? <span>{hit.workspace}</span> : null}
      {hit.status ? <StatusBadge status={hit.status} /> : null}
      <Age at={hit.at} />
    </>
  )
}

function recentGroup(username: string, open: (href: string) => void): PaletteGroup {
  const items = readRecent(username).map(({ kind, name, workspace, href }): PaletteItem => {
    const Icon = kindLooks[kind]?.icon ?? Search
    return {
      id: `recent ${href} ${name}`,
      label: name,
      icon: <Icon />,
      ...(workspace ? { hint: workspace } : {}),
      run: () => open(href),
    }
  })
  return { heading: 'Recent', items }
}

function allOf(query: string, open: () => void): PaletteGroup {
  const item = { id: 'all results', label: `See all results for “${query.trim()}”`, icon: <Search />, run: open }
  return { heading: 'Everywhere', items: [item] }
}
