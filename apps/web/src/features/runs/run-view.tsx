'use client'
import type { RunDetail } from '@keelson/contracts/experiments'
import { Badge } from '@keelson/ui/badge'
import { Button } from '@keelson/ui/button'
import { Card, Facts, Panel } from '@keelson/ui/card'
import { Copyable } from '@keelson/ui/copyable'
import { Duration, RelativeTime } from '@keelson/ui/relative-time'
import { StatusBadge, statusOfRun } from '@keelson/ui/status-badge'
import { Tabs } from '@keelson/ui/tabs'
import { useQuery } from '@tanstack/react-query'
import { Cable } from 'lucide-react'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useTRPC } from '@/trpc/client.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { Who } from '@/view/who.tsx'
import { ChildRuns, parentTag } from './child-runs.tsx'
import { KeyValues } from './key-values.tsx'
import { RunDatasets } from './run-datasets.tsx'
import { RunLink } from './run-link.tsx'

const RunMetrics = dynamic(() => import('./run-metrics.tsx').then((module) => module.RunMetrics), { ssr: false })
const Artifacts = dynamic(() => import('./artifacts.tsx').then((module) => module.Artifacts), { ssr: false })

export function RunView({ workspace, runId }: { workspace: string; runId: string }) {
  const trpc = useTRPC()
  const detail = useQuery(trpc.runs.get.queryOptions({ workspace, runId }))
  return <Loaded query={detail}>{(data) => <RunPage workspace={workspace} detail={data} />}</Loaded>
}

function RunPage({ workspace, detail }: { workspace: string; detail: RunDetail }) {
  const { run } = detail
  const [tab, setTab] = useUrlState('tab', 'overview')
  const tags = run.tags.filter((tag) => !tag.key.startsWith('mlflow.log-model'))
  return (
    <>
      <PageHead
        title={run.name}
        status={<StatusBadge status={statusOfRun(run.status)} />}
        hint={`in ${detail.experimentName}`}
        actions={
          <Button asChild>
            <Link href={paths.lineage(workspace, `run:${run.id}`)}>
              <Cable />
              Lineage
            </Link>
          </Button>
        }
      />
      <RunFacts workspace={workspace} detail={detail} />
      <Tabs
        label="Run"
        value={tab}
        onChange={setTab}
        tabs={[
          {
            id: 'overview',
            label: 'Overview',
            content: (
              <div className="grid items-start gap-4 lg:grid-cols-2">
                <RunMetrics workspace={workspace} run={run} compact />
                <div className="grid gap-4">
                  <ChildRuns workspace={workspace} run={run} />
                  <Panel title={`Parameters (${run.params.length})`} bodyClassName="p-0">
                    <KeyValues label="Parameters" items={run.params} />
                  </Panel>
                  <RunDatasets datasets={detail.datasets} />
                </div>
              </div>
            ),
          },
          {
            id: 'metrics',
            label: `Metrics (${run.metrics.length})`,
            content: <RunMetrics workspace={workspace} run={run} />,
          },
          { id: 'artifacts', label: 'Artifacts', content: <Artifacts workspace={workspace} detail={detail} /> },
          {
            id: 'tags',
            label: `Tags (${tags.length})`,
            content: (
              <Card>
                <KeyValues label="Tags" items={tags} />
              </Card>
            ),
          },
        ]}
      />
    </>
  )
}

function RunFacts({ workspace, detail }: { workspace: string; detail: RunDetail }) {
  const { run, versions, models } = detail
  const parent = run.tags.find((tag) => tag.key === parentTag)?.value
  return (
    <Card className="mb-4 grid gap-x-10 gap-y-2 p-4 lg:grid-cols-2">
      <Facts
        items={[
          ['Started', <RelativeTime key="started" at={run.startedAt} />],
          ['Took', <Duration key="took" from={run.startedAt} to={run.finishedAt} />],
          ['By', <Who key="by" name={run.user} />],
          [
            'Job',
            run.jobUid ? (
              <TextLink key="job" href={paths.job(workspace, run.jobUid)}>
                {run.jobName ?? run.jobUid}
              </TextLink>
            ) : (
              'none: logged from outside the cluster'
            ),
          ],
          ...(parent ? [['Part of', <RunLink key="parent" workspace={workspace} runId={parent} />] as const] : []),
          ...(run.retryOf
            ? [
                [
                  'Again after',
                  <TextLink key="retry" href={paths.run(workspace, run.experimentId, run.retryOf)}>
                    {run.retryOf.slice(0, 8)}
                  </TextLink>,
                ] as const,
              ]
            : []),
        ]}
      />
      <Facts
        items={[
          ['Run id', <Copyable key="id" text={run.id} />],
          ['Artifacts', <Copyable key="uri" text={detail.artifactUri} />],
          ['Logged models', models.length === 0 ? 'none' : models.map((model) => model.name).join(', ')],
          [
            'Registered as',
            versions.length === 0 ? (
              'nothing yet'
            ) : (
              <span key="versions" className="flex flex-wrap gap-2">
                {versions.map((one) => (
                  <TextLink
                    key={`${one.model}${one.version}`}
                    href={paths.version(workspace, one.model, one.version)}
                    className="inline-flex items-center gap-1.5"
                  >
                    {one.model} {one.version}
                    <Badge tone={one.stage === 'Production' ? 'success' : 'neutral'}>{one.stage}</Badge>
                  </TextLink>
                ))}
              </span>
            ),
          ],
        ]}
      />
    </Card>
  )
}
