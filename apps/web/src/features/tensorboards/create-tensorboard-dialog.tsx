'use client'
import { CreateTensorboard } from '@keelson/contracts/tensorboards'
import { Button } from '@keelson/ui/button'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { Dialog } from '@keelson/ui/dialog'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { Field, Input } from '@keelson/ui/input'
import { Select } from '@keelson/ui/select'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { tensorboardSnippets } from '@/features/snippets.ts'
import { useInstallation } from '@/shell/installation.tsx'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { parseForm } from '@/view/parse-form.ts'

/** A new TensorBoard over a folder of a volume of the workspace. */
export function CreateTensorboardDialog({ workspace, onClose }: { workspace: string; onClose: () => void }) {
  const trpc = useTRPC()
  const { info } = useInstallation()
  const queryClient = useQueryClient()
  const [form, setForm] = useState({ name: '', claim: '', folder: '' })
  const set = (change: Partial<typeof form>) => setForm({ ...form, ...change })
  const volumes = useQuery(trpc.volumes.list.queryOptions({ workspace })).data?.filter((one) => one.hasFiles) ?? []
  const claim = form.claim || (volumes[0]?.name ?? '')
  const logspath = `pvc://${claim}/${form.folder.replace(/^\/+/, '')}`
  const { value, faults } = parseForm(CreateTensorboard, { workspace, name: form.name, logspath })
  const create = useMutation(
    trpc.tensorboards.create.mutationOptions({
      onSuccess: async ({ name }) => {
        await touch(queryClient, ['objects', 'activity'])
        toast.success(`${name} is being started.`)
        onClose()
      },
    }),
  )
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="New TensorBoard"
      description="It reads the folder, and shows what is written there while a training runs."
      footer={
        <Button
          variant="primary"
          disabled={value === null || claim === '' || create.isPending}
          onClick={() => value && create.mutate(value)}
        >
          Create
        </Button>
      }
    >
      <div className="grid gap-4">
        <Field id="tensorboard-name" label="Name" fault={form.name === '' ? undefined : faults.name}>
          <Input
            id="tensorboard-name"
            value={form.name}
            autoComplete="off"
            onChange={(event) => set({ name: event.target.value })}
          />
        </Field>
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <Field
            id="tensorboard-claim"
            label="Volume"
            hint={volumes.length === 0 ? 'There is no volume in this workspace yet.' : undefined}
          >
            <Select id="tensorboard-claim" value={claim} onChange={(event) => set({ claim: event.target.value })}>
              {volumes.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </Select>
          </Field>
          <Field id="tensorboard-folder" label="Folder" hint="On the volume, such as runs/today. Empty: all of it.">
            <Input
              id="tensorboard-folder"
              value={form.folder}
              autoComplete="off"
              onChange={(event) => set({ folder: event.target.value })}
            />
          </Field>
        </div>
        {value && claim !== '' ? (
          <CodeSnippet snippets={tensorboardSnippets(info.url, workspace, value.name, value.logspath)} />
        ) : null}
        {create.error ? <ErrorPanel error={errorBodyOf(create.error)} /> : null}
      </div>
    </Dialog>
  )
}
