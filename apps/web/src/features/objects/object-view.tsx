'use client'
import type { ObjectDetail } from '@keelson/contracts/objects'
import { Badge } from '@keelson/ui/badge'
import { Button } from '@keelson/ui/button'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { Copyable } from '@keelson/ui/copyable'
import { PermissionButton } from '@keelson/ui/permission-button'
import { RelativeTime } from '@keelson/ui/relative-time'
import { PanelSkeleton } from '@keelson/ui/skeleton'
import { type Tab, Tabs } from '@keelson/ui/tabs'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Eye, EyeOff, Trash2 } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { ObjectActivity } from '@/features/activity/index.ts'
import { objectSnippets } from '@/features/snippets.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { apiVersionOf, type ObjectAddress } from './object-address.ts'
import { useObjectWatch } from './use-object-watch.ts'

const ObjectEditor = dynamic(() => import('./object-editor.tsx').then((module) => module.ObjectEditor), {
  ssr: false,
  loading: () => <PanelSkeleton />,
})
const DeleteObjectDialog = dynamic(
  () => import('./delete-object-dialog.tsx').then((module) => module.DeleteObjectDialog),
  { ssr: false },
)

/** One object of any kind. */
export function ObjectView({ address }: { address: ObjectAddress }) {
  const trpc = useTRPC()
  const [reveal, setReveal] = useState(false)
  useObjectWatch(address)
  const object = useQuery({
    ...trpc.objects.get.queryOptions({ ...address, reveal }),
    placeholderData: keepPreviousData,
  })
  return (
    <Loaded query={object}>
      {(detail) => <ObjectPage address={address} detail={detail} reveal={reveal} onReveal={setReveal} />}
    </Loaded>
  )
}

type Props = {
  address: ObjectAddress
  detail: ObjectDetail
  reveal: boolean
  onReveal: (reveal: boolean) => void
}

function ObjectPage({ address, detail, reveal, onReveal }: Props) {
  const [tab, setTab] = useUrlState('tab', 'yaml')
  const [deleting, setDeleting] = useState(false)
  const { kind, name } = detail
  const isSecret = kind.group === '' && kind.plural === 'secrets'
  // Masked and plain text are two texts: each has an editor of its own.
  const editor = (
    <ObjectEditor key={`${detail.uid} ${detail.masked}`} address={address} detail={detail} reveal={reveal} />
  )
  return (
    <>
      <PageHead
        title={name}
        status={
          <>
            <Badge>{kind.kind}</Badge>
            {detail.deleting ? <Badge tone="warning">being deleted</Badge> : null}
          </>
        }
        hint={<Origin detail={detail} />}
        actions={
          <>
            {isSecret ? (
              <Button aria-pressed={reveal} onClick={() => onReveal(!reveal)}>
                {reveal ? <EyeOff /> : <Eye />}
                {reveal ? 'Mask the values' : 'Show the values'}
              </Button>
            ) : null}
            <PermissionButton decision={detail.delete} onClick={() => setDeleting(true)}>
              <Trash2 />
              Delete
            </PermissionButton>
          </>
        }
      />
      <Tabs label={kind.kind} value={tab} onChange={setTab} tabs={tabsOf(address, detail, editor)} />
      {deleting ? <DeleteObjectDialog address={address} detail={detail} onClose={() => setDeleting(false)} /> : null}
    </>
  )
}

function Origin({ detail }: { detail: ObjectDetail }) {
  const { kind, createdAt, owners, uid } = detail
  return (
    <span className="flex flex-wrap items-center gap-x-3">
      <span className="font-mono text-xs">{apiVersionOf(kind)}</span>
      {createdAt ? (
        <span>
          created <RelativeTime at={createdAt} />
        </span>
      ) : null}
      {owners.length > 0 ? (
        <span>belongs to {owners.map((owner) => `${owner.kind} ${owner.name}`).join(', ')}</span>
      ) : null}
      <Copyable text={uid} shown={uid.slice(0, 8)} />
    </span>
  )
}

function tabsOf(address: ObjectAddress, detail: ObjectDetail, editor: Tab['content']): Tab[] {
  const { namespace, uid, status, managedFields } = detail
  const tabs: Tab[] = [{ id: 'yaml', label: 'YAML', content: editor }]
  if (status !== null)
    tabs.push({
      id: 'status',
      label: 'Status',
      content: <CodeSnippet snippets={[{ label: 'Status', code: status }]} />,
    })
  if (namespace !== null)
    tabs.push({ id: 'events', label: 'Events', content: <ObjectActivity workspace={namespace} objectUid={uid} /> })
  if (managedFields !== null) {
    const snippets = [{ label: 'Managed fields', code: managedFields }]
    tabs.push({ id: 'fields', label: 'Managed fields', content: <CodeSnippet snippets={snippets} /> })
  }
  tabs.push({
    id: 'commands',
    label: 'Commands',
    content: <CodeSnippet snippets={objectSnippets(address, detail.kind.kind)} />,
  })
  return tabs
}
