'use client'
import type { NotebookServer } from '@keelson/contracts/notebooks'
import { Button } from '@keelson/ui/button'
import { Dialog } from '@keelson/ui/dialog'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { Field, Input } from '@keelson/ui/input'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { paths } from '@/view/paths.ts'

export function CloneDialog({ notebook, onClose }: { notebook: NotebookServer; onClose: () => void }) {
  const { workspace, name } = notebook
  const trpc = useTRPC()
  const router = useRouter()
  const queryClient = useQueryClient()
  const [as, setAs] = useState(`${name}-2`)
  const clone = useMutation(
    trpc.notebooks.clone.mutationOptions({
      onSuccess: async (made) => {
        await touch(queryClient, ['objects', 'activity'])
        toast.success(`${made.name} was made.`)
        onClose()
        router.push(paths.notebook(workspace, made.name))
      },
    }),
  )
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Clone ${name}`}
      description="The same image, size and settings. Its home is a new, empty volume; other volumes are shared."
      footer={
        <Button
          variant="primary"
          disabled={as === '' || clone.isPending}
          onClick={() => clone.mutate({ workspace, name, as })}
        >
          Clone
        </Button>
      }
    >
      <div className="grid gap-3">
        <Field id="clone-name" label="Name of the new one">
          <Input id="clone-name" value={as} autoComplete="off" onChange={(event) => setAs(event.target.value)} />
        </Field>
        {clone.error ? <ErrorPanel error={errorBodyOf(clone.error)} /> : null}
      </div>
    </Dialog>
  )
}
