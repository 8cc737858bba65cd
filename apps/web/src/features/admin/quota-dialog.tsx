'use client'
import type { WorkspaceOverview } from '@keelson/contracts/workspaces'
import { Button } from '@keelson/ui/button'
import { Dialog } from '@keelson/ui/dialog'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { parseForm } from '@/view/parse-form.ts'
import { hardOf, limitsOf, QuotaFields } from './quota-fields.tsx'

export function QuotaDialog({ workspace, onClose }: { workspace: WorkspaceOverview; onClose: () => void }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [limits, setLimits] = useState(() => limitsOf(workspace.hard))
  const [faults, setFaults] = useState<Record<string, string>>({})
  const save = useMutation(
    trpc.admin.setQuota.mutationOptions({
      onSuccess: async () => {
        await touch(queryClient, ['workspaces'])
        toast.success(`The quota of ${workspace.name} was set.`)
        onClose()
      },
    }),
  )
  const submit = async () => {
    const { SetQuota } = await import('@keelson/contracts/workspaces')
    const parsed = parseForm(SetQuota, { workspace: workspace.name, hard: hardOf(limits) })
    setFaults(parsed.faults)
    if (parsed.value) save.mutate(parsed.value)
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Quota of ${workspace.name}`}
      description="What runs already goes on; what is new and does not fit is refused. A workspace with a CPU or memory quota takes only pods that say what they ask for."
      className="w-[min(44rem,calc(100vw-2rem))]"
      footer={
        <Button variant="primary" disabled={save.isPending} onClick={() => void submit()}>
          Set the quota
        </Button>
      }
    >
      <div className="grid gap-4">
        <QuotaFields limits={limits} faults={faults} path="hard" onChange={setLimits} />
        {save.error ? <ErrorPanel error={errorBodyOf(save.error)} /> : null}
      </div>
    </Dialog>
  )
}
