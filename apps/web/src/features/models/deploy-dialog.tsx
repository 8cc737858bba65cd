'use client'
import type { ModelVersion } from '@keelson/contracts/registry'
import { Button } from '@keelson/ui/button'
import { Dialog } from '@keelson/ui/dialog'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { Field, Input } from '@keelson/ui/input'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { UseSummary } from '@/features/use/index.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { parseForm } from '@/view/parse-form.ts'
import { paths } from '@/view/paths.ts'

/** Makes, or moves, an endpoint that serves this version. */
export function DeployDialog({
  workspace,
  version,
  onClose,
}: {
  workspace: string
  version: ModelVersion
  onClose: () => void
}) {
  const trpc = useTRPC()
  const router = useRouter()
  const queryClient = useQueryClient()
  const [endpoint, setEndpoint] = useState(
    version.model
      .toLowerCase()
      .replace(/[^a-z0-9-]+/g, '-')
      .slice(0, 52),
  )
  const [fault, setFault] = useState<string>()
  const deploy = useMutation(
    trpc.endpoints.deploy.mutationOptions({
      onSuccess: async () => {
        await touch(queryClient, ['endpoints', 'models', 'lineage', 'activity'])
        toast.success(`${endpoint} is being deployed.`)
        router.push(paths.endpoint(workspace, endpoint))
      },
    }),
  )
  const submit = async () => {
    const { DeployVersion } = await import('@keelson/contracts/serving')
    const parsed = parseForm(DeployVersion, { workspace, endpoint, model: version.model, version: version.version })
    setFault(parsed.faults.endpoint ? 'Small letters, digits and hyphens; begins with a letter.' : undefined)
    if (parsed.value) deploy.mutate(parsed.value)
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Deploy ${version.model} ${version.version}`}
      description="Writes an InferenceService as you. An endpoint of that name that is there already moves to this version."
      footer={
        <Button variant="primary" disabled={deploy.isPending} onClick={() => void submit()}>
          Deploy
        </Button>
      }
    >
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <Field id="endpoint-name" label="Endpoint" fault={fault}>
          <Input
            id="endpoint-name"
            value={endpoint}
            onChange={(event) => setEndpoint(event.target.value)}
            aria-invalid={fault !== undefined}
          />
        </Field>
        {version.stage === 'Production' ? null : (
          <p className="rounded-md bg-warning-soft px-3 py-2 text-[13px] text-warning">
            This version is not in Production.
          </p>
        )}
        <UseSummary workspace={workspace} />
        {deploy.error ? <ErrorPanel error={errorBodyOf(deploy.error)} /> : null}
      </form>
    </Dialog>
  )
}
