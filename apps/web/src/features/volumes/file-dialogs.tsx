'use client'
import { Button } from '@keelson/ui/button'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { Dialog } from '@keelson/ui/dialog'
import { Field, Input } from '@keelson/ui/input'
import { PanelSkeleton } from '@keelson/ui/skeleton'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { type FileEntry, filesAddress, joinPath, nameFault, previewOf } from './file-address.ts'
import { deleteEntry, makeFolder, moveEntry, readText } from './files-client.ts'

type Where = { workspace: string; name: string }
type Props = { where: Where; folder: string; onClose: () => void; onDone: () => void }

function Refused({ error }: { error: unknown }) {
  return error ? (
    <p role="alert" className="text-[13px] text-danger">
      {error instanceof Error ? error.message : 'That failed.'}
    </p>
  ) : null
}

/** Asks for a name: of a new folder, or another one for what is there. */
export function NameDialog({ entry, where, folder, onClose, onDone }: Props & { entry: FileEntry | null }) {
  const [name, setName] = useState(entry?.name ?? '')
  const change = useMutation({
    mutationFn: () =>
      entry === null
        ? makeFolder(where, joinPath(folder, name))
        : moveEntry(where, joinPath(folder, entry.name), joinPath(folder, name)),
    onSuccess: () => {
      onDone()
      onClose()
    },
  })
  const fault = nameFault(name)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (fault === null) change.mutate()
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={entry === null ? 'New folder' : `Rename ${entry.name}`}
      footer={
        <Button variant="primary" disabled={fault !== null || change.isPending} onClick={() => change.mutate()}>
          {entry === null ? 'Make it' : 'Rename'}
        </Button>
      }
    >
      <form onSubmit={submit} className="grid gap-3">
        <Field id="file-name" label="Name" fault={name === '' ? undefined : (fault ?? undefined)}>
          <Input id="file-name" value={name} autoComplete="off" onChange={(event) => setName(event.target.value)} />
        </Field>
        <Refused error={change.error} />
      </form>
    </Dialog>
  )
}

export function DeleteEntryDialog({ entry, where, folder, onClose, onDone }: Props & { entry: FileEntry }) {
  const remove = useMutation({
    mutationFn: () => deleteEntry(where, joinPath(folder, entry.name)),
    onSuccess: () => {
      onDone()
      onClose()
    },
  })
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Delete ${entry.name}?`}
      description={entry.kind === 'folder' ? 'With everything that is in it.' : 'It cannot be brought back.'}
      footer={
        <Button variant="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
          Delete
        </Button>
      }
    >
      <Refused error={remove.error} />
    </Dialog>
  )
}

/** A file in the page: a picture, or the beginning of a text. What could run is text here. */
export function PreviewDialog({ entry, where, folder, onClose }: Omit<Props, 'onDone'> & { entry: FileEntry }) {
  const path = joinPath(folder, entry.name)
  const kind = previewOf(entry)
  const text = useQuery({
    queryKey: ['volume-file', where, path, entry.modifiedAt],
    enabled: kind === 'text',
    queryFn: ({ signal }) => readText(where, path, signal),
  })
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={entry.name}
      className="max-w-4xl"
      footer={
        <Button asChild>
          <a href={filesAddress(where, 'file', { path })} download={entry.name}>
            <Download /> Download
          </a>
        </Button>
      }
    >
      {kind === 'picture' ? (
        <img
          src={filesAddress(where, 'file', { path, show: '1' })}
          alt={entry.name}
          className="mx-auto max-h-[60vh] max-w-full rounded border border-line"
        />
      ) : text.error ? (
        <Refused error={text.error} />
      ) : text.data ? (
        <>
          {text.data.cut ? <p className="mb-2 text-xs text-warning">Only the first 256 kB are shown.</p> : null}
          <CodeSnippet snippets={[{ label: 'Text', code: text.data.text }]} className="[&_pre]:max-h-[60vh]" />
        </>
      ) : (
        <PanelSkeleton />
      )}
    </Dialog>
  )
}
