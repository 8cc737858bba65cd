'use client'
import type { EndpointDetail } from '@keelson/contracts/serving'
import { Button } from '@keelson/ui/button'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { PermissionButton } from '@keelson/ui/permission-button'
import { StatusBadge } from '@keelson/ui/status-badge'
import { Tabs } from '@keelson/ui/tabs'
import { useQuery } from '@tanstack/react-query'
import { Cable, Trash2 } from 'lucide-react'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useState } from 'react'
import { ObjectActivity } from '@/features/activity/index.ts'
import { ObjectYaml } from '@/features/objects/index.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { useCan } from '@/view/can.ts'
import { KindNotice } from '@/view/kind-notice.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { paths } from '@/view/paths.ts'
import { useUrlState } from '@/view/url-state.ts'
import { EndpointFailure, EndpointOverview } from './endpoint-overview.tsx'

const DeleteEndpointDialog = dynamic(
  () => import('./delete-endpoint-dialog.tsx').then((module) => module.DeleteEndpointDialog),
  { ssr: false },
)

const Predictions = dynamic(() => import('./predictions.tsx').then((module) => module.Predictions), { ssr: false })
const TestPanel = dynamic(() => import('./test-panel.tsx').then((module) => module.TestPanel), { ssr: false })
const Monitoring = dynamic(() => import('./monitoring.tsx').then((module) => module.Monitoring), { ssr: false })

const inferenceServices = { group: 'serving.kserve.io', version: 'v1beta1', plural: 'inferenceservices' }

export function EndpointView({ workspace, name }: { workspace: string; name: string }) {
  const trpc = useTRPC()
  const detail = useQuery(trpc.endpoints.get.queryOptions({ workspace, name }))
  return <Loaded query={detail}>{(data) => <EndpointPage workspace={workspace} detail={data} />}</Loaded>
}

function EndpointPage({ workspace, detail }: { workspace: string; detail: EndpointDetail }) {
  const { endpoint, yaml } = detail
  const [tab, setTab] = useUrlState('tab', 'overview')
  const [deleting, setDeleting] = useState(false)
  const can = useCan(workspace)
  return (
    <>
      <PageHead
        title={endpoint.name}
        status={<StatusBadge status={endpoint.status.status} detail={endpoint.status} />}
        hint={endpoint.exists ? undefined : 'deleted; its predictions and history are kept'}
        actions={
          <>
            <Button asChild>
              <Link href={paths.lineage(workspace, `endpoint:${endpoint.name}`)}>
                <Cable />
                Lineage
              </Link>
            </Button>
            {endpoint.exists ? (
              <PermissionButton decision={can('deleteEndpoint')} onClick={() => setDeleting(true)}>
                <Trash2 />
                Delete
              </PermissionButton>
            ) : null}
          </>
        }
      />
      <KindNotice kind="InferenceService" />
      <EndpointFailure detail={detail} />
      <Tabs
        label="Endpoint"
        value={tab}
        onChange={setTab}
        tabs={[
          { id: 'overview', label: 'Overview', content: <EndpointOverview workspace={workspace} detail={detail} /> },
          { id: 'test', label: 'Test', content: <TestPanel workspace={workspace} detail={detail} /> },
          {
            id: 'monitoring',
            label: 'Monitoring',
            content: <Monitoring workspace={workspace} endpoint={endpoint.name} />,
          },
          {
            id: 'predictions',
            label: 'Predictions',
            content: <Predictions workspace={workspace} endpoint={endpoint.name} />,
          },
          { id: 'events', label: 'Events', content: <ObjectActivity workspace={workspace} objectUid={endpoint.uid} /> },
          {
            id: 'yaml',
            label: 'YAML',
            content: endpoint.exists ? (
              <ObjectYaml address={{ workspace, ...inferenceServices, name: endpoint.name }} />
            ) : (
              <CodeSnippet snippets={[{ label: 'YAML', code: yaml }]} />
            ),
          },
        ]}
      />
      {deleting ? (
        <DeleteEndpointDialog workspace={workspace} name={endpoint.name} onClose={() => setDeleting(false)} />
      ) : null}
    </>
  )
}
