'use client'
import type { TrainingJobDetail } from '@keelson/contracts/training'
import { frameworkOf } from '@keelson/contracts/training-frameworks'
import { Card, Facts } from '@keelson/ui/card'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { Copyable } from '@keelson/ui/copyable'
import { Duration, RelativeTime } from '@keelson/ui/relative-time'
import { StatusBadge } from '@keelson/ui/status-badge'
import { Tabs } from '@keelson/ui/tabs'
import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { ObjectActivity } from '@/features/activity/index.ts'
import { ObjectYaml } from '@/features/objects/index.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { paths } from '@/view/paths.ts'
import { Reason } from '@/view/reason.tsx'
import { TextLink } from '@/view/text-link.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { JobActions } from './job-actions.tsx'
import { JobLogs } from './job-logs.tsx'
import { resourcesText } from './resources-text.ts'

const DeleteJobDialog = dynamic(() => import('./delete-job-dialog.tsx').then((module) => module.DeleteJobDialog), {
  ssr: false,
})
const StopJobDialog = dynamic(() => import('./stop-job-dialog.tsx').then((module) => module.StopJobDialog), {
  ssr: false,
})
const JobCompare = dynamic(() => import('./job-compare.tsx').then((module) => module.JobCompare), { ssr: false })
const JobMetrics = dynamic(() => import('./job-curves.tsx').then((module) => module.JobMetrics), { ssr: false })
const JobUsage = dynamic(() => import('./job-curves.tsx').then((module) => module.JobUsage), { ssr: false })
const JobEnvironment = dynamic(() => import('./job-environment.tsx').then((module) => module.JobEnvironment), {
  ssr: false,
})
const JobPods = dynamic(() => import('./job-pods.tsx').then((module) => module.JobPods), { ssr: false })
const JobRuns = dynamic(() => import('./job-runs.tsx').then((module) => module.JobRuns), { ssr: false })

type Where = { workspace: string; uid: string }

export function JobView({ workspace, uid }: Where) {
  const trpc = useTRPC()
  const detail = useQuery(trpc.jobs.get.queryOptions({ workspace, uid }))
  return <Loaded query={detail}>{(data) => <JobPage workspace={workspace} detail={data} />}</Loaded>
}

function JobPage({ workspace, detail }: { workspace: string; detail: TrainingJobDetail }) {
  const { job, pods, runs, yaml } = detail
  const [tab, setTab] = useUrlState('tab', 'logs')
  const [deleting, setDeleting] = useState(false)
  const [stopping, setStopping] = useState(false)
  const resource = frameworkOf(job.kind)
  const router = useRouter()
  return (
    <>
      <PageHead
        title={job.name}
        status={<StatusBadge status={job.status.status} detail={job.status} />}
        hint={job.exists ? job.kind : `${job.kind}, deleted from the cluster; its history is kept`}
        actions={
          <JobActions
            workspace={workspace}
            detail={detail}
            onClone={() => router.push(paths.newJob(workspace, job.uid))}
            onStop={() => setStopping(true)}
            onDelete={() => setDeleting(true)}
          />
        }
      />
      <Reason status={job.status} />
      {job.status.status === 'stopped' && job.status.message ? (
        <p className="mb-4 text-[13px] text-fg-muted">{job.status.message}</p>
      ) : null}
      {detail.advice ? (
        <p role="status" className="mb-4 rounded-lg border border-line px-4 py-3 text-[13px]">
          <span className="font-medium">{detail.advice.what}</span> {detail.advice.todo}
        </p>
      ) : null}
      {detail.retryOf ? <Repeats workspace={workspace} retryOf={detail.retryOf} /> : null}
      <Card className="mb-4 grid items-start gap-x-10 gap-y-2 p-4 lg:grid-cols-2">
        <Facts
          items={[
            ['Framework', job.framework ?? 'Kubernetes Job'],
            ['Replicas', job.finishedAt ? job.replicasTotal : `${job.replicasReady} of ${job.replicasTotal} running`],
            ['Asks for', resourcesText(job.resources)],
            ['Progress', job.progress === null ? '–' : `${Math.round(job.progress)} %`],
            ['Created', <RelativeTime key="created" at={job.createdAt} />],
            ['By', job.createdBy],
            ['Took', <Duration key="took" from={job.startedAt} to={job.finishedAt} />],
          ]}
        />
        <Facts
          items={[
            [
              'Attempts',
              `${pods.length}${job.backoffLimit === null ? '' : `, ${job.failedPods} failed, ${job.backoffLimit} allowed to fail`}`,
            ],
            ['Retries', job.retries],
            ['Runs', runs.length],
            ['UID', <Copyable key="uid" text={job.uid} />],
          ]}
        />
      </Card>
      <Tabs
        label="Job"
        value={tab}
        onChange={setTab}
        tabs={[
          { id: 'logs', label: 'Logs', content: <JobLogs workspace={workspace} job={job} pods={pods} /> },
          { id: 'pods', label: `Pods (${pods.length})`, content: <JobPods workspace={workspace} pods={pods} /> },
          {
            id: 'runs',
            label: `Runs (${runs.length})`,
            content: <JobRuns workspace={workspace} runs={runs} pods={pods} />,
          },
          { id: 'metrics', label: 'Metrics', content: <JobMetrics workspace={workspace} job={job} /> },
          { id: 'resources', label: 'Resources', content: <JobUsage workspace={workspace} job={job} /> },
          { id: 'environment', label: 'Environment', content: <JobEnvironment pods={pods} /> },
          { id: 'compare', label: 'Compare', content: <JobCompare workspace={workspace} detail={detail} /> },
          { id: 'events', label: 'Events', content: <ObjectActivity workspace={workspace} objectUid={job.uid} /> },
          {
            id: 'yaml',
            label: 'YAML',
            content: job.exists ? (
              <ObjectYaml
                address={{
                  workspace,
                  group: resource ? 'kubeflow.org' : 'batch',
                  version: 'v1',
                  plural: resource?.plural ?? 'jobs',
                  name: job.name,
                }}
              />
            ) : (
              <CodeSnippet snippets={[{ label: 'YAML', code: yaml }]} />
            ),
          },
        ]}
      />
      {stopping ? <StopJobDialog workspace={workspace} job={job} onClose={() => setStopping(false)} /> : null}
      {deleting ? <DeleteJobDialog workspace={workspace} job={job} onClose={() => setDeleting(false)} /> : null}
    </>
  )
}

function Repeats({ workspace, retryOf }: { workspace: string; retryOf: NonNullable<TrainingJobDetail['retryOf']> }) {
  const { uid, name, parts } = retryOf
  return (
    <p className="mb-4 text-[13px] text-fg-muted">
      It repeats {parts ? `${parts} of ` : ''}
      {name === null ? 'a job that is not known here' : <TextLink href={paths.job(workspace, uid)}>{name}</TextLink>}.{' '}
      {name === null ? null : (
        <TextLink href={`?tab=compare&with=${encodeURIComponent(uid)}`}>Compare the two</TextLink>
      )}
    </p>
  )
}
