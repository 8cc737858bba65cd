'use client'
import { CreateVolume } from '@keelson/contracts/volumes'
import { Button } from '@keelson/ui/button'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { Dialog } from '@keelson/ui/dialog'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { Field, Input } from '@keelson/ui/input'
import { Select } from '@keelson/ui/select'
import { toast } from '@keelson/ui/toast'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { parseForm } from '@/view/parse-form.ts'
import { paths } from '@/view/paths.ts'
import { StorageClassOptions } from '@/view/storage-class-options.tsx'
import { StorageQuota } from './storage-quota.tsx'
import { modeWords } from './volume-kind.ts'

const modes = ['ReadWriteOnce', 'ReadWriteMany', 'ReadOnlyMany', 'ReadWriteOncePod']

/** A new volume, with what the quota leaves for it and the YAML that comes of the form. */
export function CreateVolumeDialog({ workspace, onClose }: { workspace: string; onClose: () => void }) {
  const trpc = useTRPC()
  const router = useRouter()
  const queryClient = useQueryClient()
  const [form, setForm] = useState({ name: '', size: '5Gi', mode: 'ReadWriteOnce', storageClass: '' })
  const set = (change: Partial<typeof form>) => setForm({ ...form, ...change })
  const { data: choices } = useQuery(trpc.volumes.choices.queryOptions({ workspace }))
  const { storageClass, ...rest } = form
  const { value, faults } = parseForm(CreateVolume, {
    ...rest,
    workspace,
    ...(storageClass === '' ? {} : { storageClass }),
  })
  const draft = useQuery({
    ...trpc.volumes.draft.queryOptions(value ?? { workspace, name: 'a', size: '1Gi' }),
    enabled: value !== null,
    placeholderData: keepPreviousData,
  })
  const create = useMutation(
    trpc.volumes.create.mutationOptions({
      onSuccess: async ({ name }) => {
        await touch(queryClient, ['objects', 'activity'])
        toast.success(`${name} was made.`)
        onClose()
        router.push(paths.volume(workspace, name))
      },
    }),
  )
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="New volume"
      description="It keeps files until it is deleted, whatever uses it."
      footer={
        <Button
          variant="primary"
          disabled={value === null || create.isPending}
          onClick={() => value && create.mutate(value)}
        >
          Create
        </Button>
      }
    >
      <div className="grid gap-4">
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <Field id="volume-name" label="Name" fault={form.name === '' ? undefined : faults.name}>
            <Input
              id="volume-name"
              value={form.name}
              autoComplete="off"
              onChange={(event) => set({ name: event.target.value })}
            />
          </Field>
          <Field id="volume-size" label="Size" hint="500Mi, 5Gi" fault={faults.size}>
            <Input id="volume-size" value={form.size} onChange={(event) => set({ size: event.target.value })} />
          </Field>
          <Field id="volume-mode" label="Who may mount it" hint={form.mode}>
            <Select id="volume-mode" value={form.mode} onChange={(event) => set({ mode: event.target.value })}>
              {modes.map((mode) => (
                <option key={mode} value={mode}>
                  {modeWords(mode)}
                </option>
              ))}
            </Select>
          </Field>
          <Field id="volume-class" label="Storage class">
            <Select
              id="volume-class"
              value={storageClass}
              onChange={(event) => set({ storageClass: event.target.value })}
            >
              <StorageClassOptions classes={choices?.storageClasses ?? []} />
            </Select>
          </Field>
        </div>
        <StorageQuota workspace={workspace} />
        {value && draft.data ? <CodeSnippet snippets={[{ label: 'YAML', code: draft.data.yaml }]} /> : null}
        {create.error ? <ErrorPanel error={errorBodyOf(create.error)} /> : null}
      </div>
    </Dialog>
  )
}
