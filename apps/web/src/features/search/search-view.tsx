'use client'
import type { SearchGroup, SearchHit } from '@keelson/contracts/search'
import { parseSearch, type SearchKind, searchKinds, withFilter } from '@keelson/contracts/search-query'
import { Card } from '@keelson/ui/card'
import { cn } from '@keelson/ui/cn'
import { EmptyState } from '@keelson/ui/empty-state'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { Input } from '@keelson/ui/input'
import { RelativeTime } from '@keelson/ui/relative-time'
import { Select } from '@keelson/ui/select'
import { TableSkeleton } from '@keelson/ui/skeleton'
import { StatusBadge } from '@keelson/ui/status-badge'
import { SearchX } from 'lucide-react'
import Link from 'next/link'
import type { KeyboardEvent } from 'react'
import { useInstallation } from '@/shell/installation.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { PageHead } from '@/view/page-head.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { keyOfHit, linkOfHit } from './hit-link.ts'
import { kindLooks } from './kind-looks.ts'
import { keepRecent } from './recent.ts'
import { useSearch } from './use-search.ts'

const shownOfEach = 10
const shownOfOne = 50

/** Everything that fits, grouped by kind. Words and filters are one text, in the box and in the address alike. */
export function SearchView() {
  const [q, setQ] = useUrlState('q', '')
  const query = parseSearch(q)
  const only = query.kinds.length === 1 ? query.kinds[0] : undefined
  const { result, loading, error } = useSearch(q, only === undefined ? shownOfEach : shownOfOne)
  const isEmpty = result.groups.length === 0
  return (
    <>
      <PageHead title="Search" hint="What you may see, in all your workspaces: by name, id, label or tag." />
      <div className="mb-4 grid gap-3">
        <div className="flex flex-wrap gap-2">
          <Input
            data-filter
            type="search"
            aria-label="Search everything"
            placeholder="churn kind:run in:telco"
            value={q}
            maxLength={500}
            autoComplete="off"
            spellCheck={false}
            className="w-full max-w-xl"
            onChange={(event) => setQ(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'ArrowDown') move(event, 1)
            }}
          />
          <WorkspaceFilter value={query.workspaces.join(',')} onChange={(name) => setQ(withFilter(q, 'in', name))} />
        </div>
        <KindFilter chosen={query.kinds} onChange={(kind) => setQ(withFilter(q, 'kind', kind))} />
      </div>
      <p role="status" className="mb-3 text-[13px] text-fg-muted empty:hidden">
        {[...result.notes, ...(loading && !isEmpty ? ['Looking…'] : [])].join(' ')}
      </p>
      {error && isEmpty ? <ErrorPanel error={errorBodyOf(error)} /> : null}
      {isEmpty && loading ? <TableSkeleton rows={4} /> : null}
      {isEmpty && !loading && !error ? <Nothing asked={q.trim() !== ''} /> : null}
      <div className="grid gap-4">
        {result.groups.map((group) => (
          <Group
            key={group.kind}
            group={group}
            onMore={() => setQ(withFilter(q, 'kind', group.kind))}
            isAlone={only !== undefined}
          />
        ))}
      </div>
    </>
  )
}

function Nothing({ asked }: { asked: boolean }) {
  if (!asked)
    return (
      <EmptyState icon={<SearchX />} title="What are you looking for?">
        <p>
          Type a part of a name, an id, a label or a tag. <code>kind:run</code> or <code>kind:deployment</code> asks for
          one kind, <code>in:telco</code> for one workspace; a filter alone lists the newest.
        </p>
      </EmptyState>
    )
  return (
    <EmptyState icon={<SearchX />} title="Nothing fits">
      <p>Use fewer words or take a filter away. What is in workspaces that you are not in is not found.</p>
    </EmptyState>
  )
}

function WorkspaceFilter({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  const { me } = useInstallation()
  const names = me.workspaces.map(({ name }) => name)
  return (
    <Select aria-label="Workspace" className="w-48" value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">All my workspaces</option>
      {[...new Set([...names, ...(value === '' ? [] : [value])])].map((name) => (
        <option key={name}>{name}</option>
      ))}
    </Select>
  )
}

function KindFilter({ chosen, onChange }: { chosen: readonly SearchKind[]; onChange: (kind: string) => void }) {
  const { me } = useInstallation()
  const offered = searchKinds.filter((kind) => me.isAdmin || (kind !== 'person' && kind !== 'group'))
  return (
    <fieldset className="flex flex-wrap gap-1.5">
      <legend className="sr-only">Kinds</legend>
      {offered.map((kind) => {
        const isOn = chosen.includes(kind)
        const { label, icon: Icon } = kindLooks[kind]
        return (
          <button
            key={kind}
            type="button"
            aria-pressed={isOn}
            onClick={() => onChange(isOn ? '' : kind)}
            className={cn(
              'inline-flex h-7 items-center gap-1.5 rounded-full border border-line px-2.5 text-xs text-fg-muted hover:text-fg [&_svg]:size-3.5',
              isOn && 'border-accent bg-accent-soft text-accent',
            )}
          >
            <Icon aria-hidden />
            {label}
          </button>
        )
      })}
    </fieldset>
  )
}

function Group({ group, onMore, isAlone }: { group: SearchGroup; onMore: () => void; isAlone: boolean }) {
  const { label, icon: Icon } = kindLooks[group.kind]
  const heading = `found-${group.kind}`
  return (
    <Card aria-labelledby={heading}>
      <header className="flex min-h-10 items-center gap-2 border-b border-line px-4">
        <Icon aria-hidden className="size-4 text-fg-subtle" />
        <h2 id={heading} className="text-[13px] font-semibold">
          {label}
        </h2>
        {group.more && !isAlone ? (
          <button type="button" onClick={onMore} className="ml-auto rounded text-xs text-accent hover:underline">
            More {label.toLowerCase()}
          </button>
        ) : null}
        {group.more && isAlone ? (
          <span className="ml-auto text-xs text-fg-subtle">the best {group.hits.length}; more words find others</span>
        ) : null}
      </header>
      <ul className="divide-y divide-line">
        {group.hits.map((hit) => (
          <Row key={keyOfHit(hit)} hit={hit} />
        ))}
      </ul>
    </Card>
  )
}

function Row({ hit }: { hit: SearchHit }) {
  const { me } = useInstallation()
  return (
    <li className="flex min-h-9 flex-wrap items-center gap-x-3 px-4 py-1 text-[13px] hover:bg-surface-2">
      <Link
        data-hit
        href={linkOfHit(hit)}
        prefetch={false}
        className="min-w-0 truncate rounded font-medium text-accent hover:underline"
        onClick={() => keepRecent(me.username, hit)}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown' || event.key === 'j') move(event, 1)
          if (event.key === 'ArrowUp' || event.key === 'k') move(event, -1)
        }}
      >
        {hit.name}
      </Link>
      {hit.because ? <span className="max-w-96 truncate text-xs text-fg-muted">{hit.because}</span> : null}
      <span className="ml-auto flex items-center gap-3 text-xs text-fg-muted">
        {hit.type ? <span>{hit.type}</span> : null}
        {hit.workspace && hit.kind !== 'workspace' ? <span>{hit.workspace}</span> : null}
        {hit.status ? <StatusBadge status={hit.status} /> : null}
        <span className="min-w-20 text-right">
          <RelativeTime at={hit.at} />
        </span>
      </span>
    </li>
  )
}

/** To the next result, or the one before; above the first one is the box. */
function move(event: KeyboardEvent<HTMLElement>, step: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>('[data-hit]')]
  const next = links[links.indexOf(event.currentTarget) + step]
  const box = document.querySelector<HTMLElement>('[data-filter]')
  const target = next ?? (step === -1 ? box : null)
  if (!target) return
  event.preventDefault()
  target.focus()
}
