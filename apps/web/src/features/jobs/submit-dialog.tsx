'use client'
import { trainingFrameworks } from '@keelson/contracts/training-frameworks'
import { Button } from '@keelson/ui/button'
import { Dialog } from '@keelson/ui/dialog'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { Field, Textarea } from '@keelson/ui/input'
import { PermissionButton } from '@keelson/ui/permission-button'
import { Select } from '@keelson/ui/select'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { CircleCheck } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { jobYaml, trainingYaml } from '@/features/snippets.ts'
import { UseSummary } from '@/features/use/index.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { useCan } from '@/view/can.ts'
import { paths } from '@/view/paths.ts'

/** A job from YAML: first asked of the server without making it, then made. */
export function SubmitDialog({
  workspace,
  initial,
  onClose,
}: {
  workspace: string
  initial?: string
  onClose: () => void
}) {
  const trpc = useTRPC()
  const router = useRouter()
  const queryClient = useQueryClient()
  const can = useCan(workspace)
  const [yaml, setYaml] = useState(() => initial ?? jobYaml(workspace))
  const [checked, setChecked] = useState('')
  const submit = useMutation(
    trpc.jobs.submit.mutationOptions({
      onSuccess: async (job, input) => {
        if (input.dryRun) return setChecked(input.yaml)
        await touch(queryClient, ['jobs'])
        toast.success(`Job ${job.name} was submitted.`)
        onClose()
        if (job.uid) router.push(paths.job(workspace, job.uid))
      },
    }),
  )
  const send = (dryRun: boolean) => submit.mutate({ workspace, yaml, dryRun })
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Submit a job"
      description="It runs as you, in this workspace."
      className="w-[min(48rem,calc(100vw-2rem))]"
      footer={
        <>
          <Button onClick={() => send(true)} disabled={submit.isPending}>
            Check only
          </Button>
          <PermissionButton
            variant="primary"
            decision={can('submitJob')}
            disabled={submit.isPending}
            onClick={() => send(false)}
          >
            Submit
          </PermissionButton>
        </>
      }
    >
      <div className="grid gap-3">
        <UseSummary workspace={workspace} />
        {initial === undefined ? (
          <Field id="job-kind" label="Start from">
            <Select
              id="job-kind"
              defaultValue="Job"
              onChange={({ target: { value } }) => {
                const framework = trainingFrameworks.find((each) => each.kind === value)
                setYaml(framework ? trainingYaml(workspace, framework) : jobYaml(workspace))
              }}
            >
              <option value="Job">Job: one container to its end</option>
              {trainingFrameworks.map((framework) => (
                <option key={framework.kind} value={framework.kind}>
                  {framework.kind}: {framework.title}, replicas that find each other
                </option>
              ))}
            </Select>
          </Field>
        ) : null}
        <Field id="job-yaml" label="YAML" hint="Images: keelson/python:1 has mlflow, scikit-learn and pandas.">
          <Textarea
            id="job-yaml"
            rows={20}
            spellCheck={false}
            className="font-mono text-xs"
            value={yaml}
            onChange={(event) => setYaml(event.target.value)}
          />
        </Field>
        {checked === yaml && !submit.error ? (
          <p role="status" className="flex items-center gap-2 text-[13px] text-success">
            <CircleCheck aria-hidden className="size-4" />
            The server would take it.
          </p>
        ) : null}
        {submit.error ? <ErrorPanel error={errorBodyOf(submit.error)} /> : null}
      </div>
    </Dialog>
  )
}
