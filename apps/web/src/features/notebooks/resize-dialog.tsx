'use client'
import type { NotebookDetail } from '@keelson/contracts/notebooks'
import { Button } from '@keelson/ui/button'
import { Dialog } from '@keelson/ui/dialog'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { UseSummary } from '@/features/use/index.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { Loaded } from '@/view/loaded.tsx'
import { SizeFields } from './size-fields.tsx'
import { type SpawnState, sizeOf } from './spawn-state.ts'

type Size = Pick<SpawnState, 'cpu' | 'memory' | 'gpuCount' | 'gpuVendor'>

export function ResizeDialog({ detail, onClose }: { detail: NotebookDetail; onClose: () => void }) {
  const { workspace, name, cpu, memory, gpus } = detail.notebook
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const spawner = useQuery(trpc.notebooks.spawner.queryOptions({ workspace }))
  const [size, setSize] = useState<Size>({
    cpu: cpu ?? '',
    memory: memory ?? '',
    gpuCount: gpus[0]?.count ?? 'none',
    gpuVendor: gpus[0]?.key ?? '',
  })
  const resize = useMutation(
    trpc.notebooks.resize.mutationOptions({
      onSuccess: async () => {
        await touch(queryClient, ['objects', 'activity'])
        toast.success(`${name} has another size from its next start on.`)
        onClose()
      },
    }),
  )
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Resize ${name}`}
      description="It holds from the next start on."
      footer={
        <Button
          variant="primary"
          disabled={resize.isPending || spawner.data === undefined}
          onClick={() => spawner.data && resize.mutate({ workspace, name, ...sizeOf(size, spawner.data.readOnly) })}
        >
          Resize
        </Button>
      }
    >
      <div className="grid gap-4">
        <UseSummary workspace={workspace} />
        <Loaded query={spawner}>
          {(offered) => (
            <SizeFields
              idPrefix="resize"
              values={size}
              spawner={offered}
              faults={{}}
              onChange={(change) => setSize({ ...size, ...change })}
            />
          )}
        </Loaded>
        {resize.error ? <ErrorPanel error={errorBodyOf(resize.error)} /> : null}
      </div>
    </Dialog>
  )
}
