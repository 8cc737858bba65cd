import type { ActivityEntry } from '@keelson/contracts/activity'
import { RelativeTime } from '@keelson/ui/relative-time'
import { CircleAlert, CircleDot, UserRound } from 'lucide-react'
import { TextLink } from '@/view/text-link.tsx'
import { Who } from '@/view/who.tsx'
import { linkOf } from './entry-link.ts'
import { foldEntries } from './fold-entries.ts'
import { wordsOf } from './sentence.ts'

/** Entries of the activity, newest first: what the cluster said and what people did; with `workspace`, linked to the things. */
export function ActivityItems({ items, workspace }: { items: readonly ActivityEntry[]; workspace?: string }) {
  if (items.length === 0) return <p className="py-2 text-[13px] text-fg-muted">Nothing has happened yet.</p>
  return (
    <ul className="divide-y divide-line">
      {foldEntries(items).map((entry) => (
        <li key={entry.id} className="flex gap-2.5 py-2 text-[13px]">
          <Sign entry={entry} />
          <span className="min-w-0 flex-1">
            <span className="flex items-baseline gap-2">
              <What entry={entry} href={workspace === undefined ? null : linkOf(workspace, entry)} />
              {entry.count > 1 ? <span className="tabular text-xs text-fg-subtle">×{entry.count}</span> : null}
              <RelativeTime at={entry.at} className="ml-auto text-xs text-fg-subtle" />
            </span>
            <span className="block text-xs break-words text-fg-muted">
              {entry.source === 'audit' ? null : entry.message}
              {entry.actor ? (
                <span className="text-fg-subtle">
                  {entry.source === 'audit' ? 'by ' : ' · '}
                  <Who name={entry.actor} />
                </span>
              ) : null}
            </span>
          </span>
        </li>
      ))}
    </ul>
  )
}

/** What happened: a change in a sentence, an event by its reason and object; a link where the thing has a page. */
function What({ entry, href }: { entry: ActivityEntry; href: string | null }) {
  const linked = (words: string, look: string) =>
    href === null ? (
      <span className={look}>{words}</span>
    ) : (
      <TextLink href={href} className={look}>
        {words}
      </TextLink>
    )
  if (entry.source === 'audit') return linked(wordsOf(entry), 'min-w-0 break-words font-medium')
  return (
    <>
      <span className="font-medium">{entry.reason}</span>
      {linked(`${entry.object.kind} ${entry.object.name}`, href === null ? 'truncate text-fg-muted' : 'truncate')}
    </>
  )
}

function Sign({ entry }: { entry: ActivityEntry }) {
  const look = 'mt-0.5 size-4 shrink-0'
  if (entry.level === 'warning')
    return <CircleAlert role="img" aria-label="Warning" className={`${look} text-warning`} />
  if (entry.source === 'audit')
    return <UserRound role="img" aria-label="By a person" className={`${look} text-accent`} />
  return <CircleDot aria-hidden className={`${look} text-fg-subtle`} />
}
