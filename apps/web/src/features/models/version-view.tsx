'use client'
import type { ModelVersionDetail } from '@keelson/contracts/registry'
import { Badge } from '@keelson/ui/badge'
import { Button } from '@keelson/ui/button'
import { Facts, Panel } from '@keelson/ui/card'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { Copyable } from '@keelson/ui/copyable'
import { Bars } from '@keelson/ui/histogram'
import { PermissionButton } from '@keelson/ui/permission-button'
import { RelativeTime } from '@keelson/ui/relative-time'
import { useQuery } from '@tanstack/react-query'
import { Cable, Rocket } from 'lucide-react'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { useCan } from '@/view/can.ts'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { Who } from '@/view/who.tsx'
import { SignatureTable } from './signature-table.tsx'
import { StageBadge } from './stage-badge.tsx'
import { Transitions } from './transitions.tsx'

const RequestStageDialog = dynamic(
  () => import('./request-stage-dialog.tsx').then((module) => module.RequestStageDialog),
  { ssr: false },
)

const DeployDialog = dynamic(() => import('./deploy-dialog.tsx').then((module) => module.DeployDialog), { ssr: false })

type Where = { workspace: string; name: string; version: number }

export function VersionView({ workspace, name, version }: Where) {
  const trpc = useTRPC()
  const detail = useQuery(trpc.models.getVersion.queryOptions({ workspace, name, version }))
  return <Loaded query={detail}>{(data) => <VersionPage workspace={workspace} detail={data} />}</Loaded>
}

function VersionPage({ workspace, detail }: { workspace: string; detail: ModelVersionDetail }) {
  const { version, signature, inputExample, transitions, metrics } = detail
  const can = useCan(workspace)
  const [dialog, setDialog] = useState<'stage' | 'deploy' | null>(null)
  return (
    <>
      <PageHead
        title={`${version.model}, version ${version.version}`}
        status={<StageBadge stage={version.stage} />}
        hint={version.description}
        actions={
          <>
            <Button asChild>
              <Link href={paths.lineage(workspace, `model-version:${version.model}/${version.version}`)}>
                <Cable />
                Lineage
              </Link>
            </Button>
            <PermissionButton decision={can('requestStage')} onClick={() => setDialog('stage')}>
              Move to a stage
            </PermissionButton>
            <PermissionButton
              variant="primary"
              decision={can('deploy')}
              disabled={version.status !== 'READY'}
              onClick={() => setDialog('deploy')}
            >
              <Rocket />
              Deploy
            </PermissionButton>
          </>
        }
      />
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <div className="grid min-w-0 gap-4">
          <Panel title="Where it comes from, where it serves">
            <Origin workspace={workspace} detail={detail} />
          </Panel>
          <Panel title="Signature" bodyClassName={signature ? 'p-0' : ''}>
            {signature ? (
              <SignatureTable signature={signature} />
            ) : (
              <p className="text-[13px] text-fg-muted">
                The model was logged without a signature. mlflow.models.infer_signature makes one.
              </p>
            )}
          </Panel>
        </div>
        <div className="grid min-w-0 gap-4">
          <Transitions workspace={workspace} transitions={transitions} />
          <Panel title="Metrics of its run">
            {metrics.length === 0 ? (
              <p className="text-[13px] text-fg-muted">None were logged.</p>
            ) : (
              <Bars items={metrics.map((metric) => ({ label: metric.key, value: metric.value }))} />
            )}
          </Panel>
          {inputExample === null ? null : (
            <Panel title="Input example">
              <CodeSnippet snippets={[{ label: 'JSON', code: JSON.stringify(inputExample, null, 2) }]} />
            </Panel>
          )}
        </div>
      </div>
      {dialog === 'stage' ? (
        <RequestStageDialog workspace={workspace} version={version} onClose={() => setDialog(null)} />
      ) : null}
      {dialog === 'deploy' ? (
        <DeployDialog workspace={workspace} version={version} onClose={() => setDialog(null)} />
      ) : null}
    </>
  )
}

function Origin({ workspace, detail }: { workspace: string; detail: ModelVersionDetail }) {
  const { version, runName, experimentId, endpoints } = detail
  return (
    <Facts
      items={[
        [
          'Run',
          version.runId && experimentId ? (
            <TextLink key="run" href={paths.run(workspace, experimentId, version.runId)}>
              {runName ?? version.runId.slice(0, 8)}
            </TextLink>
          ) : (
            'none: registered without a run'
          ),
        ],
        ['Source', <Copyable key="source" text={version.source} />],
        [
          'Endpoints',
          endpoints.length === 0 ? (
            'not served'
          ) : (
            <span key="endpoints" className="flex flex-wrap gap-3">
              {endpoints.map((one) => (
                <TextLink key={one.name} href={paths.endpoint(workspace, one.name)}>
                  {one.name} ({one.status})
                </TextLink>
              ))}
            </span>
          ),
        ],
        ['By', <Who key="by" name={version.createdBy} />],
        ['Created', <RelativeTime key="created" at={version.createdAt} />],
        [
          'Aliases',
          version.aliases.length === 0 ? (
            'none'
          ) : (
            <span key="aliases" className="flex gap-1">
              {version.aliases.map((alias) => (
                <Badge key={alias} tone="accent">
                  {alias}
                </Badge>
              ))}
            </span>
          ),
        ],
        [
          'Tags',
          version.tags.length === 0 ? (
            'none'
          ) : (
            <span key="tags" className="flex flex-wrap gap-1">
              {version.tags.map((tag) => (
                <Badge key={tag.key}>
                  {tag.key}: {tag.value.slice(0, 40)}
                </Badge>
              ))}
            </span>
          ),
        ],
      ]}
    />
  )
}
