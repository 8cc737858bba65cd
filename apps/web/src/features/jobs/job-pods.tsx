'use client'
import type { JobPod } from '@keelson/contracts/training'
import { Button } from '@keelson/ui/button'
import { Copyable } from '@keelson/ui/copyable'
import { EmptyState } from '@keelson/ui/empty-state'
import { plural } from '@keelson/ui/format'
import { Duration, RelativeTime } from '@keelson/ui/relative-time'
import { StatusBadge } from '@keelson/ui/status-badge'
import { ChevronDown, ChevronRight } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { objectPath } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { isOpenAtFirst, type Replica, type ReplicaGroup, replicaTree } from './replica-tree.ts'

const pods = { group: '', version: 'v1', plural: 'pods' }
/** Replicas of a type that are drawn before somebody asks for all. */
const shownAtFirst = 100
const headers = [
  'Replica',
  'Status',
  'Pod',
  'Exit code',
  'Reason',
  'Node',
  'Took',
  'Started',
  'Logs',
  'Object',
] as const
const cellLook = 'px-3 py-2 align-top'

type Folds = { isOpen(key: string, first: boolean): boolean; toggle(key: string, open: boolean): void }

function useFolds(): Folds {
  const [touched, setTouched] = useState<ReadonlyMap<string, boolean>>(new Map())
  return {
    isOpen: (key, first) => touched.get(key) ?? first,
    toggle: (key, open) => setTouched(new Map(touched).set(key, open)),
  }
}

/** A job's replicas by type, each with all its attempts and how they ended. They stay after the cluster forgot them. */
export function JobPods({ workspace, pods: all }: { workspace: string; pods: readonly JobPod[] }) {
  const folds = useFolds()
  if (all.length === 0)
    return (
      <EmptyState title="No pod yet">
        The cluster has not made one for this job. The events say why, if something is in the way.
      </EmptyState>
    )
  return (
    <section aria-label="Replicas" className="scroll-thin overflow-x-auto rounded-lg border border-line bg-surface">
      <table className="w-full text-left text-[13px]">
        <caption className="sr-only">Replicas and their attempts</caption>
        <thead className="text-xs text-fg-subtle">
          <tr>
            {headers.map((header) => (
              <th key={header} scope="col" className="px-3 py-2 font-medium whitespace-nowrap">
                {header}
              </th>
            ))}
          </tr>
        </thead>
        {replicaTree(all).map((group) => (
          <Group key={group.type} workspace={workspace} group={group} folds={folds} />
        ))}
      </table>
    </section>
  )
}

function Group({ workspace, group, folds }: { workspace: string; group: ReplicaGroup; folds: Folds }) {
  const [isWhole, setWhole] = useState(false)
  const open = folds.isOpen(group.type, true)
  const { replicas } = group
  const shown = isWhole ? replicas : replicas.slice(0, shownAtFirst)
  return (
    <tbody>
      <tr className="border-t border-line bg-surface-raised">
        <th scope="rowgroup" colSpan={headers.length} className="px-3 py-1.5 font-medium">
          <Fold open={open} label={group.type} onToggle={() => folds.toggle(group.type, !open)} />
          <span className="ml-2 font-normal text-fg-muted">
            {replicas.length > 1
              ? group.counts.map(([status, count]) => `${count} ${status}`).join(', ')
              : plural(replicas[0]?.attempts.length ?? 0, 'attempt')}
          </span>
        </th>
      </tr>
      {open ? shown.map((replica) => <Rows key={replica.key} {...{ workspace, group, replica, folds }} />) : null}
      {open && shown.length < replicas.length ? (
        <tr className="border-t border-line">
          <td colSpan={headers.length} className={cellLook}>
            <Button size="sm" onClick={() => setWhole(true)}>
              Show all {replicas.length}
            </Button>
          </td>
        </tr>
      ) : null}
    </tbody>
  )
}

type RowsProps = { workspace: string; group: ReplicaGroup; replica: Replica; folds: Folds }

/** One attempt is one row; several fold into the newest. */
function Rows({ workspace, group, replica, folds }: RowsProps) {
  const { attempts, newest, title, key } = replica
  if (attempts.length === 1)
    return (
      <PodRow
        workspace={workspace}
        pod={newest}
        title={<span className="pl-6">{title === 'Pods' ? 'Attempt 1' : title}</span>}
      />
    )
  const open = folds.isOpen(key, isOpenAtFirst(replica, group))
  const isNamed = title !== 'Pods'
  return (
    <>
      {isNamed ? (
        <PodRow
          workspace={workspace}
          pod={newest}
          title={
            <span className="pl-3">
              <Fold open={open} label={title} onToggle={() => folds.toggle(key, !open)} />
              <span className="ml-1 text-fg-muted">{attempts.length} attempts</span>
            </span>
          }
        />
      ) : null}
      {open || !isNamed
        ? attempts.map((pod) => (
            <PodRow
              key={pod.uid}
              workspace={workspace}
              pod={pod}
              title={<span className={isNamed ? 'pl-12 text-fg-muted' : 'pl-6'}>Attempt {pod.attempt}</span>}
            />
          ))
        : null}
    </>
  )
}

function Fold({ open, label, onToggle }: { open: boolean; label: string; onToggle: () => void }) {
  const Icon = open ? ChevronDown : ChevronRight
  return (
    <button
      type="button"
      aria-expanded={open}
      onClick={onToggle}
      className="inline-flex items-center gap-1 rounded font-medium hover:text-accent"
    >
      <Icon aria-hidden className="size-3.5" />
      {label}
    </button>
  )
}

function PodRow({ workspace, pod, title }: { workspace: string; pod: JobPod; title: ReactNode }) {
  const { status, restarts } = pod
  return (
    <tr className="border-t border-line">
      <td className={`${cellLook} whitespace-nowrap`}>{title}</td>
      <td className={`${cellLook} whitespace-nowrap`}>
        <StatusBadge status={status.status} detail={status} />
        {restarts > 0 ? <span className="ml-1.5 text-xs text-fg-muted">{plural(restarts, 'restart')}</span> : null}
      </td>
      <td className={`${cellLook} whitespace-nowrap`}>
        <Copyable text={pod.name} />
      </td>
      <td className={`${cellLook} tabular text-right`}>{pod.exitCode ?? '–'}</td>
      <td className={`${cellLook} max-w-md min-w-40`}>
        <span className="line-clamp-2" title={status.message ?? ''}>
          {status.message ?? status.reason ?? '–'}
        </span>
      </td>
      <td className={`${cellLook} whitespace-nowrap`}>{pod.node ?? '–'}</td>
      <td className={`${cellLook} tabular text-right whitespace-nowrap`}>
        <Duration from={pod.startedAt} to={pod.finishedAt} />
      </td>
      <td className={`${cellLook} text-right whitespace-nowrap`}>
        <RelativeTime at={pod.startedAt} />
      </td>
      <td className={cellLook}>
        <TextLink href={`?tab=logs&pod=${encodeURIComponent(pod.uid)}`}>logs</TextLink>
      </td>
      <td className={cellLook}>
        {pod.exists ? <TextLink href={objectPath(workspace, pods, pod.name)}>YAML</TextLink> : 'history'}
      </td>
    </tr>
  )
}
