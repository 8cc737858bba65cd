'use client'
import type { Volume } from '@keelson/contracts/volumes'
import { Button } from '@keelson/ui/button'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { Dropdown, DropdownItem, DropdownSeparator } from '@keelson/ui/dropdown'
import { EmptyState } from '@keelson/ui/empty-state'
import { formatBytes, plural } from '@keelson/ui/format'
import { RelativeTime } from '@keelson/ui/relative-time'
import { TableSkeleton } from '@keelson/ui/skeleton'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import {
  Download,
  File,
  FileQuestion,
  Folder,
  FolderPlus,
  Link2,
  MoreHorizontal,
  Pencil,
  Trash2,
  Upload,
} from 'lucide-react'
import { type DragEvent, useRef, useState } from 'react'
import { useUrlState } from '@/view/url-state.ts'
import { type FileEntry, filesAddress, joinPath, previewOf, stepsOf } from './file-address.ts'
import { DeleteEntryDialog, NameDialog, PreviewDialog } from './file-dialogs.tsx'
import { FilesFault, listFiles } from './files-client.ts'
import { UploadList } from './upload-list.tsx'
import { useUploads } from './use-uploads.ts'

const icons = { file: File, folder: Folder, link: Link2, other: FileQuestion } as const
type Opened = { what: 'rename' | 'delete' | 'look'; entry: FileEntry } | { what: 'folder' } | null

/** What is on a volume: folders to walk in, files to look at, save, send, rename and delete. */
export function FileBrowser({ volume }: { volume: Volume }) {
  const { workspace, name } = volume
  const where = { workspace, name }
  const queryClient = useQueryClient()
  const [path, setPath] = useUrlState('path', '')
  const [opened, setOpened] = useState<Opened>(null)
  const key = ['volume-files', workspace, name]
  const again = () => void queryClient.invalidateQueries({ queryKey: key })
  const { uploads, ...sending } = useUploads(where, again)
  const files = useInfiniteQuery({
    queryKey: [...key, path],
    queryFn: ({ pageParam, signal }) => listFiles(where, path, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    retry: (count, error) => error instanceof FilesFault && error.status >= 500 && count < 5,
  })
  const entries = files.data?.pages.flatMap((page) => page.entries) ?? []
  const usedBytes = files.data?.pages[0]?.usedBytes ?? null
  const open = (entry: FileEntry) => {
    if (entry.kind === 'folder') setPath(joinPath(path, entry.name))
    else if (previewOf(entry)) setOpened({ what: 'look', entry })
  }
  const take = (event: DragEvent) => {
    event.preventDefault()
    sending.add(path, [...event.dataTransfer.files])
  }
  const close = () => setOpened(null)
  const dialog = { where, folder: path, onClose: close, onDone: again }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: files can be dropped anywhere on the list; the button does the same
    <div onDragOver={(event) => event.preventDefault()} onDrop={take}>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Steps name={name} path={path} onGo={setPath} />
        {usedBytes === null ? null : (
          <span className="text-xs text-fg-subtle">{formatBytes(usedBytes)} used in all</span>
        )}
        <span className="ml-auto inline-flex flex-wrap gap-2">
          <UploadButton onFiles={(chosen) => sending.add(path, chosen)} />
          <Button onClick={() => setOpened({ what: 'folder' })}>
            <FolderPlus /> New folder
          </Button>
          <Button asChild>
            <a href={filesAddress(where, 'archive', { path })} download>
              <Download /> Download as zip
            </a>
          </Button>
        </span>
      </div>
      <UploadList uploads={uploads} onAgain={sending.again} onStop={sending.stop} />
      {files.error ? (
        <Failed error={files.error} onRetry={() => void files.refetch()} />
      ) : files.data === undefined ? (
        <TableSkeleton />
      ) : entries.length === 0 ? (
        <EmptyState icon={<Folder />} title={path === '' ? 'The volume is empty' : 'The folder is empty'}>
          <p>Drop files here, or use Upload.</p>
        </EmptyState>
      ) : (
        <DataTable
          label="Files"
          rows={entries}
          columns={columnsOf(where, path, setOpened, open)}
          rowId={(entry) => entry.name}
          onOpen={open}
          footer={
            files.hasNextPage ? (
              <Button size="sm" disabled={files.isFetchingNextPage} onClick={() => void files.fetchNextPage()}>
                More: {entries.length} of {plural(files.data.pages[0]?.count ?? 0, 'entry', 'entries')} are shown
              </Button>
            ) : null
          }
        />
      )}
      {opened?.what === 'folder' ? <NameDialog {...dialog} entry={null} /> : null}
      {opened?.what === 'rename' ? <NameDialog {...dialog} entry={opened.entry} /> : null}
      {opened?.what === 'delete' ? <DeleteEntryDialog {...dialog} entry={opened.entry} /> : null}
      {opened?.what === 'look' ? <PreviewDialog {...dialog} entry={opened.entry} /> : null}
    </div>
  )
}

type Where = { workspace: string; name: string }

function columnsOf(
  where: Where,
  path: string,
  setOpened: (opened: Opened) => void,
  open: (entry: FileEntry) => void,
): Column<FileEntry>[] {
  const order = (entry: FileEntry) => `${entry.kind === 'folder' ? '0' : '1'}${entry.name}`
  return [
    { id: 'name', header: 'Name', sortValue: order, cell: (entry) => <EntryName entry={entry} onOpen={open} /> },
    {
      id: 'size',
      header: 'Size',
      align: 'right',
      sortValue: (entry) => entry.sizeBytes,
      cell: (entry) => (entry.sizeBytes === null ? '–' : formatBytes(entry.sizeBytes)),
    },
    {
      id: 'modified',
      header: 'Changed',
      align: 'right',
      sortValue: (entry) => entry.modifiedAt,
      cell: (entry) => <RelativeTime at={entry.modifiedAt} />,
    },
    {
      id: 'actions',
      header: 'Actions',
      align: 'right',
      cell: (entry) => <EntryMenu where={where} path={joinPath(path, entry.name)} entry={entry} onOpen={setOpened} />,
    },
  ]
}

function EntryName({ entry, onOpen }: { entry: FileEntry; onOpen: (entry: FileEntry) => void }) {
  const Icon = icons[entry.kind]
  const canOpen = entry.kind === 'folder' || previewOf(entry) !== null
  return (
    <span className="inline-flex items-center gap-2">
      <Icon aria-hidden className="size-4 shrink-0 text-fg-subtle" />
      {canOpen ? (
        <button type="button" className="font-medium hover:underline" onClick={() => onOpen(entry)}>
          {entry.name}
        </button>
      ) : (
        entry.name
      )}
      {entry.target === null ? null : <span className="text-fg-subtle">→ {entry.target}, not followed</span>}
    </span>
  )
}

/** As a link that is clicked: a change of the page's address would end what the page listens to. */
function save(address: string): void {
  const link = document.createElement('a')
  link.href = address
  link.download = ''
  link.click()
}

type MenuProps = { where: Where; path: string; entry: FileEntry; onOpen: (opened: Opened) => void }

function EntryMenu({ where, path, entry, onOpen }: MenuProps) {
  const call = entry.kind === 'folder' ? 'archive' : 'file'
  return (
    <Dropdown
      trigger={
        <Button size="icon" variant="ghost" aria-label={`Actions on ${entry.name}`}>
          <MoreHorizontal />
        </Button>
      }
    >
      {entry.kind === 'file' || entry.kind === 'folder' ? (
        <DropdownItem onSelect={() => save(filesAddress(where, call, { path }))}>
          <Download /> {entry.kind === 'folder' ? 'Download as zip' : 'Download'}
        </DropdownItem>
      ) : null}
      <DropdownItem onSelect={() => onOpen({ what: 'rename', entry })}>
        <Pencil /> Rename
      </DropdownItem>
      <DropdownSeparator />
      <DropdownItem onSelect={() => onOpen({ what: 'delete', entry })}>
        <Trash2 /> Delete
      </DropdownItem>
    </Dropdown>
  )
}

function Steps({ name, path, onGo }: { name: string; path: string; onGo: (path: string) => void }) {
  const steps = [{ name, path: '' }, ...stepsOf(path)]
  return (
    <nav aria-label="Folder" className="flex min-w-0 flex-wrap items-center gap-1 text-[13px]">
      {steps.map((step, index) => (
        <span key={step.path} className="inline-flex items-center gap-1">
          {index > 0 ? <span className="text-fg-subtle">/</span> : null}
          {index === steps.length - 1 ? (
            <span aria-current="location" className="font-medium">
              {step.name}
            </span>
          ) : (
            <button type="button" className="text-accent hover:underline" onClick={() => onGo(step.path)}>
              {step.name}
            </button>
          )}
        </span>
      ))}
    </nav>
  )
}

function UploadButton({ onFiles }: { onFiles: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        className="sr-only"
        tabIndex={-1}
        aria-label="Files to upload"
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])])
          event.target.value = ''
        }}
      />
      <Button variant="primary" onClick={() => input.current?.click()}>
        <Upload /> Upload
      </Button>
    </>
  )
}

function Failed({ error, onRetry }: { error: Error; onRetry: () => void }) {
  return (
    <div role="alert" className="flex items-center gap-3 rounded-lg bg-danger-soft px-4 py-3 text-[13px] text-danger">
      <p className="min-w-0 flex-1">{error.message}</p>
      <Button size="sm" onClick={onRetry}>
        Try again
      </Button>
    </div>
  )
}
