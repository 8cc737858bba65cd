'use client'
import type { ArtifactEntry, RunDetail } from '@keelson/contracts/experiments'
import { Button } from '@keelson/ui/button'
import { Card } from '@keelson/ui/card'
import { cn } from '@keelson/ui/cn'
import { EmptyState } from '@keelson/ui/empty-state'
import { formatBytes } from '@keelson/ui/format'
import { useQuery } from '@tanstack/react-query'
import { ChevronDown, ChevronRight, ExternalLink, File } from 'lucide-react'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { artifactAddress, contentAddress } from './artifact-address.ts'
import { ArtifactPreview } from './artifact-preview.tsx'

/** The files of a run: a tree on the left, the chosen one on the right. */
export function Artifacts({ workspace, detail }: { workspace: string; detail: RunDetail }) {
  const [path, setPath] = useUrlState('artifact', '')
  const file =
    path === ''
      ? null
      : {
          path,
          address: artifactAddress(workspace, detail.artifactUri, path),
          content: contentAddress(workspace, detail.artifactUri, path),
        }
  return (
    <Card className="grid min-h-80 lg:grid-cols-[20rem_minmax(0,1fr)]">
      <div className="scroll-thin max-h-[70vh] overflow-auto border-b border-line p-2 lg:border-r lg:border-b-0">
        <Folder workspace={workspace} runId={detail.run.id} path="" chosen={path} onChoose={setPath} />
      </div>
      <div className="min-w-0 p-4">
        {file === null ? (
          <EmptyState icon={<File />} title="Choose a file" />
        ) : (
          <>
            <div className="mb-3 flex flex-wrap items-center gap-2">
              <code className="min-w-0 truncate font-mono text-xs">{file.path}</code>
              <span className="ml-auto flex gap-2">
                <Button asChild size="sm">
                  <a href={file.address} download={file.path.split('/').pop()}>
                    Download
                  </a>
                </Button>
                <Button asChild size="sm">
                  <a href={file.content} target="_blank" rel="noreferrer">
                    <ExternalLink />
                    Open on the content site
                  </a>
                </Button>
              </span>
            </div>
            <ArtifactPreview key={file.path} path={file.path} address={file.address} />
          </>
        )}
      </div>
    </Card>
  )
}

type FolderProps = { workspace: string; runId: string; path: string; chosen: string; onChoose: (path: string) => void }

function Folder({ workspace, runId, path, chosen, onChoose }: FolderProps) {
  const trpc = useTRPC()
  const entries = useQuery(trpc.artifacts.list.queryOptions({ workspace, runId, path }))
  return (
    <Loaded query={entries} skeleton={<p className="p-2 text-xs text-fg-subtle">…</p>}>
      {(items) => (
        <ul className={path === '' ? '' : 'ml-3 border-l border-line pl-1.5'}>
          {items.map((entry) => (
            <Entry
              key={entry.path}
              entry={entry}
              workspace={workspace}
              runId={runId}
              chosen={chosen}
              onChoose={onChoose}
            />
          ))}
          {items.length === 0 ? (
            <li className="p-2 text-[13px] text-fg-muted">{path === '' ? 'No file was logged.' : 'Empty.'}</li>
          ) : null}
        </ul>
      )}
    </Loaded>
  )
}

function Entry({ entry, workspace, runId, chosen, onChoose }: Omit<FolderProps, 'path'> & { entry: ArtifactEntry }) {
  const [open, setOpen] = useState(chosen.startsWith(`${entry.path}/`))
  const name = entry.path.split('/').pop()
  const look =
    'flex h-7 w-full items-center gap-1.5 rounded px-1.5 text-left text-[13px] hover:bg-surface-2 [&_svg]:size-3.5 [&_svg]:shrink-0 [&_svg]:text-fg-subtle'
  if (!entry.isDirectory) {
    return (
      <li>
        <button
          type="button"
          aria-current={chosen === entry.path}
          onClick={() => onChoose(entry.path)}
          className={cn(look, chosen === entry.path && 'bg-surface-2 font-medium')}
        >
          <File aria-hidden />
          <span className="truncate">{name}</span>
          {entry.sizeBytes === null ? null : (
            <span className="tabular ml-auto text-xs text-fg-subtle">{formatBytes(entry.sizeBytes)}</span>
          )}
        </button>
      </li>
    )
  }
  return (
    <li>
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} className={look}>
        {open ? <ChevronDown aria-hidden /> : <ChevronRight aria-hidden />}
        <span className="truncate">{name}</span>
      </button>
      {open ? (
        <Folder workspace={workspace} runId={runId} path={entry.path} chosen={chosen} onChoose={onChoose} />
      ) : null}
    </li>
  )
}
