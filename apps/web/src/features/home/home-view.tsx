'use client'
import { Panel, Stat } from '@keelson/ui/card'
import { plural } from '@keelson/ui/format'
import { Steps } from '@keelson/ui/steps'
import { useQuery } from '@tanstack/react-query'
import { RecentNotebooks } from '@/features/notebooks/index.ts'
import { kindsSnippets } from '@/features/snippets.ts'
import { UsePanel } from '@/features/use/index.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { Commands } from '@/view/commands.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { objectsPath } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { FirstSteps } from './first-steps.tsx'
import { NeedsMe } from './needs-me.tsx'
import { RecentActivity, RecentJobs } from './recent.tsx'

/** The home of a workspace: what happens now, what needs somebody, how much there is. */
export function HomeView({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const where = { workspace }
  const space = useQuery(trpc.workspaces.get.queryOptions(where))
  const sample = useQuery(trpc.platform.sample.queryOptions())
  const jobs = useQuery(trpc.jobs.list.queryOptions(where)).data?.items
  const models = useQuery(trpc.models.list.queryOptions(where)).data?.items
  const endpoints = useQuery(trpc.endpoints.list.queryOptions(where)).data?.items
  const experiments = useQuery(trpc.experiments.list.queryOptions(where)).data?.items
  const steps = sample.data?.workspace === workspace ? sample.data : null
  const done = steps?.steps.filter((step) => step.status === 'succeeded').length ?? 0
  const isEmpty = jobs?.length === 0 && models?.length === 0 && endpoints?.length === 0 && experiments?.length === 0
  const count = (items: readonly unknown[] | undefined) => items?.length ?? '–'
  return (
    <>
      <PageHead
        title={workspace}
        hint={space.data ? `owned by ${space.data.owner}` : undefined}
        actions={<TextLink href={objectsPath(workspace)}>All objects as YAML</TextLink>}
      />
      <div className="mb-4 grid grid-cols-2 gap-3 lg:grid-cols-4">
        <Stat
          label="Jobs"
          value={count(jobs)}
          hint={jobs ? `${jobs.filter((job) => job.status.status === 'running').length} running` : undefined}
        />
        <Stat
          label="Runs"
          value={experiments?.reduce((sum, one) => sum + one.runCount, 0) ?? '–'}
          hint={experiments ? plural(experiments.length, 'experiment') : undefined}
        />
        <Stat
          label="Models"
          value={count(models)}
          hint={
            models
              ? plural(
                  models.filter((model) => model.latestVersions.some((one) => one.stage === 'Production')).length,
                  'in Production',
                  'in Production',
                )
              : undefined
          }
        />
        <Stat
          label="Endpoints"
          value={count(endpoints)}
          hint={endpoints ? `${endpoints.filter((one) => one.status.status === 'ready').length} ready` : undefined}
        />
      </div>
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_26rem]">
        <div className="grid min-w-0 gap-4">
          {steps ? (
            <Panel
              title="Sample project: telco churn"
              hint={
                steps.finishedAt ? 'done' : `step ${Math.min(done + 1, steps.steps.length)} of ${steps.steps.length}`
              }
            >
              <Steps
                label="Sample project"
                steps={steps.steps}
                link={(href, children) => <TextLink href={href}>{children}</TextLink>}
              />
            </Panel>
          ) : null}
          {isEmpty && !steps ? <FirstSteps workspace={workspace} /> : null}
          <RecentNotebooks workspace={workspace} />
          <RecentJobs workspace={workspace} />
        </div>
        <div className="grid min-w-0 gap-4">
          <NeedsMe workspace={workspace} />
          <UsePanel workspace={workspace} />
          <RecentActivity workspace={workspace} />
        </div>
      </div>
      <Commands snippets={kindsSnippets(workspace)} />
    </>
  )
}
