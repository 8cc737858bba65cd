'use client'
import { Panel } from '@keelson/ui/card'
import { RelativeTime } from '@keelson/ui/relative-time'
import { StatusBadge } from '@keelson/ui/status-badge'
import { useQueries, useQuery } from '@tanstack/react-query'
import { useTRPC } from '@/trpc/client.tsx'
import { paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'

const recentMs = 7 * 86_400_000
const askedModels = 20

type Need = {
  id: string
  href: string
  title: string
  why: string
  status: 'failed' | 'degraded' | 'pending'
  at: string | null
}

/** What waits for a person: failed jobs of the week, endpoints that are not well, transitions to decide. */
export function NeedsMe({ workspace }: { workspace: string }) {
  const needs = useNeeds(workspace)
  return (
    <Panel title="Needs attention" hint={needs.length > 0 ? needs.length : undefined} bodyClassName="p-0">
      {needs.length === 0 ? (
        <p className="p-4 text-[13px] text-fg-muted">
          Nothing waits for you: no failed jobs or endpoints, no approvals to give.
        </p>
      ) : null}
      <ul className="divide-y divide-line">
        {needs.map((need) => (
          <li key={need.id} className="grid gap-1 px-4 py-2.5 text-[13px]">
            <span className="flex items-center gap-2">
              <StatusBadge status={need.status} />
              <TextLink href={need.href} className="truncate font-medium">
                {need.title}
              </TextLink>
              <RelativeTime at={need.at} className="ml-auto text-xs text-fg-subtle" />
            </span>
            <span className="line-clamp-2 text-xs text-fg-muted">{need.why}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function useNeeds(workspace: string): Need[] {
  const trpc = useTRPC()
  const where = { workspace }
  const jobs = useQuery(trpc.jobs.list.queryOptions(where)).data?.items ?? []
  const endpoints = useQuery(trpc.endpoints.list.queryOptions(where)).data?.items ?? []
  const models = useQuery(trpc.models.list.queryOptions(where)).data?.items ?? []
  const details = useQueries({
    queries: models.slice(0, askedModels).map((model) => trpc.models.get.queryOptions({ ...where, name: model.name })),
  })
  const since = Date.now() - recentMs
  return [
    ...details
      .flatMap((query) => query.data?.transitions ?? [])
      .filter((transition) => transition.state === 'requested')
      .map(
        (transition): Need => ({
          id: transition.id,
          href: paths.version(workspace, transition.model, transition.version),
          title: `${transition.model} ${transition.version} → ${transition.to}`,
          why: `${transition.requestedBy} asks for a decision${transition.reason ? `: ${transition.reason}` : '.'}`,
          status: 'pending',
          at: transition.requestedAt,
        }),
      ),
    ...endpoints
      .filter((one) => one.exists && (one.status.status === 'failed' || one.status.status === 'degraded'))
      .map(
        (one): Need => ({
          id: one.uid,
          href: paths.endpoint(workspace, one.name),
          title: one.name,
          why: one.status.message ?? one.status.reason ?? 'The endpoint does not answer.',
          status: one.status.status === 'failed' ? 'failed' : 'degraded',
          at: one.status.since,
        }),
      ),
    ...jobs
      .filter((job) => job.status.status === 'failed' && Date.parse(job.finishedAt ?? job.createdAt) > since)
      .map(
        (job): Need => ({
          id: job.uid,
          href: paths.job(workspace, job.uid),
          title: job.name,
          why: job.status.message ?? job.status.reason ?? 'The job failed.',
          status: 'failed',
          at: job.finishedAt,
        }),
      ),
  ]
}
