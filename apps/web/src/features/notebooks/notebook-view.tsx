'use client'
import type { NotebookDetail } from '@keelson/contracts/notebooks'
import { Button } from '@keelson/ui/button'
import { Dropdown, DropdownItem, DropdownSeparator } from '@keelson/ui/dropdown'
import { StatusBadge } from '@keelson/ui/status-badge'
import { Tabs } from '@keelson/ui/tabs'
import { useQuery } from '@tanstack/react-query'
import { Copy, MoreHorizontal, RotateCw, Scaling, Trash2 } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { ObjectActivity } from '@/features/activity/index.ts'
import { ObjectYaml, useObjectWatch } from '@/features/objects/index.ts'
import { objectSnippets } from '@/features/snippets.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { useCan } from '@/view/can.ts'
import { Commands } from '@/view/commands.tsx'
import { KindNotice } from '@/view/kind-notice.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { Reason } from '@/view/reason.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { CullingNotice } from './culling-notice.tsx'
import { ConnectButton, StartStopButton } from './notebook-buttons.tsx'
import { notebookKind } from './notebook-kind.ts'
import { NotebookLogs } from './notebook-logs.tsx'
import { NotebookOverview } from './notebook-overview.tsx'
import { useNotebookActions } from './use-notebook-actions.ts'

const CloneDialog = dynamic(() => import('./clone-dialog.tsx').then((module) => module.CloneDialog), { ssr: false })
const ResizeDialog = dynamic(() => import('./resize-dialog.tsx').then((module) => module.ResizeDialog), { ssr: false })
const DeleteNotebookDialog = dynamic(
  () => import('./delete-notebook-dialog.tsx').then((module) => module.DeleteNotebookDialog),
  { ssr: false },
)

type Where = { workspace: string; name: string }

export function NotebookView(where: Where) {
  const trpc = useTRPC()
  useObjectWatch({ ...notebookKind, ...where })
  const detail = useQuery(trpc.notebooks.get.queryOptions(where))
  return <Loaded query={detail}>{(data) => <NotebookPage detail={data} />}</Loaded>
}

function NotebookPage({ detail }: { detail: NotebookDetail }) {
  const { notebook, pod } = detail
  const { workspace, name, status } = notebook
  const [tab, setTab] = useUrlState('tab', 'overview')
  const address = { workspace, ...notebookKind, name }
  return (
    <>
      <PageHead
        title={name}
        status={<StatusBadge status={status.status} detail={status} />}
        actions={
          <>
            <ConnectButton notebook={notebook} />
            <StartStopButton notebook={notebook} />
            <MoreActions detail={detail} />
          </>
        }
      />
      <KindNotice kind="Notebook" />
      <CullingNotice notebook={notebook} />
      <Reason status={status} />
      <Tabs
        label="Notebook"
        value={tab}
        onChange={setTab}
        tabs={[
          {
            id: 'overview',
            label: 'Overview',
            content: (
              <>
                <NotebookOverview detail={detail} />
                <Commands snippets={objectSnippets(address, 'Notebook')} />
              </>
            ),
          },
          {
            id: 'logs',
            label: 'Logs',
            // Another pod, or the same one in another state, has another log.
            content: <NotebookLogs key={`${pod?.uid} ${status.status}`} notebook={notebook} hasPod={pod !== null} />,
          },
          {
            id: 'events',
            label: 'Events',
            content: <ObjectActivity workspace={workspace} objectUid={notebook.uid} />,
          },
          { id: 'yaml', label: 'YAML', content: <ObjectYaml address={address} /> },
        ]}
      />
    </>
  )
}

/** Refused actions are shown and say why: nobody should look for what is not there. */
function MoreActions({ detail }: { detail: NotebookDetail }) {
  const { notebook } = detail
  const { workspace, name, isStopped } = notebook
  const can = useCan(workspace)
  const { restart } = useNotebookActions()
  const [open, setOpen] = useState<'clone' | 'resize' | 'delete' | null>(null)
  const close = () => setOpen(null)
  const may = (action: 'spawnNotebook' | 'changeNotebook' | 'deleteNotebook') => can(action)?.allowed === true
  const hint = (allowed: boolean, why: string) => (allowed ? null : <Hint text={why} />)
  const role = 'not with your role'
  const canRestart = may('changeNotebook') && !isStopped
  const canResize = may('changeNotebook') && isStopped
  return (
    <>
      <Dropdown
        trigger={
          <Button size="icon" aria-label="More actions">
            <MoreHorizontal />
          </Button>
        }
      >
        <DropdownItem disabled={!canRestart} onSelect={() => restart({ workspace, name })}>
          <RotateCw /> Restart
          {hint(canRestart, isStopped ? 'it is stopped' : role)}
        </DropdownItem>
        <DropdownItem disabled={!canResize} onSelect={() => setOpen('resize')}>
          <Scaling /> Resize
          {hint(canResize, may('changeNotebook') ? 'stop it first' : role)}
        </DropdownItem>
        <DropdownItem disabled={!may('spawnNotebook')} onSelect={() => setOpen('clone')}>
          <Copy /> Clone
          {hint(may('spawnNotebook'), role)}
        </DropdownItem>
        <DropdownSeparator />
        <DropdownItem disabled={!may('deleteNotebook')} onSelect={() => setOpen('delete')}>
          <Trash2 /> Delete
          {hint(may('deleteNotebook'), role)}
        </DropdownItem>
      </Dropdown>
      {open === 'clone' ? <CloneDialog notebook={notebook} onClose={close} /> : null}
      {open === 'resize' ? <ResizeDialog detail={detail} onClose={close} /> : null}
      {open === 'delete' ? <DeleteNotebookDialog notebook={notebook} onClose={close} /> : null}
    </>
  )
}

function Hint({ text }: { text: string }) {
  return <span className="ml-auto pl-6 text-xs text-fg-subtle">{text}</span>
}
