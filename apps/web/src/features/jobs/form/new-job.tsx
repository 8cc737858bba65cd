'use client'
import type { ErrorBody } from '@keelson/contracts/errors'
import { Button } from '@keelson/ui/button'
import { Panel } from '@keelson/ui/card'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { PermissionButton } from '@keelson/ui/permission-button'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { CircleCheck } from 'lucide-react'
import { useRouter, useSearchParams } from 'next/navigation'
import { useMemo, useState } from 'react'
import { LazyManifestEditor } from '@/features/objects/index.ts'
import { jobYaml } from '@/features/snippets.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { useMayJob } from '@/view/can.ts'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { paths } from '@/view/paths.ts'
import { readDraft } from './draft.ts'
import { JobForm } from './job-form.tsx'

/** A new job; `?from=UID` begins with the YAML of another one. */
export function NewJob({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const from = useSearchParams().get('from')
  const origin = useQuery({
    ...trpc.jobs.get.queryOptions({ workspace, uid: from ?? '' }),
    enabled: from !== null,
    // What is typed must not be lost to a newer answer.
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (from === null) return <Submit workspace={workspace} initial={jobYaml(workspace)} />
  return (
    <Loaded query={origin}>
      {(found) => <Submit workspace={workspace} initial={found.template} of={found.job.name} />}
    </Loaded>
  )
}

/** The form and the YAML side by side. The YAML is the job; the form is a view of it that can be written through. */
function Submit({ workspace, initial, of }: { workspace: string; initial: string; of?: string }) {
  const [{ text, revision }, setWritten] = useState({ text: initial, revision: 0 })
  const draft = useMemo(() => readDraft(text), [text])
  const kind = 'fault' in draft ? 'Job' : draft.kind
  const submit = useSubmit(workspace)
  const mayCreate = useMayJob(workspace, kind, 'create')
  const { checked, refused } = submit
  return (
    <>
      <PageHead
        title="Submit a job"
        hint={
          of === undefined ? `In ${workspace}, as you.` : `Beginning with the YAML of ${of}. In ${workspace}, as you.`
        }
      />
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <JobForm
          workspace={workspace}
          draft={draft}
          yaml={text}
          onWrite={(next) => setWritten({ text: next, revision: revision + 1 })}
        />
        <Panel title="YAML" hint="it is what is sent" className="xl:sticky xl:top-16">
          <LazyManifestEditor
            label="YAML of the job"
            text={text}
            revision={revision}
            onChange={(next) => setWritten({ text: next, revision })}
            onSave={() => submit.send(text, true)}
            refused={refused}
            actions={
              <>
                {checked === text ? (
                  <p role="status" className="flex items-center gap-2 text-[13px] text-success">
                    <CircleCheck aria-hidden className="size-4" />
                    The server would take it.
                  </p>
                ) : null}
                <Button onClick={() => submit.send(text, true)} disabled={submit.isPending}>
                  Check only
                </Button>
                <PermissionButton
                  variant="primary"
                  decision={mayCreate}
                  disabled={submit.isPending}
                  onClick={() => submit.send(text, false)}
                >
                  Submit
                </PermissionButton>
              </>
            }
          />
          {refused && refused.text !== text ? (
            <div className="mt-3">
              <ErrorPanel error={refused.error} />
            </div>
          ) : null}
        </Panel>
      </div>
    </>
  )
}

/** First asked of the server without making it, then made. */
function useSubmit(workspace: string) {
  const trpc = useTRPC()
  const router = useRouter()
  const queryClient = useQueryClient()
  const [checked, setChecked] = useState('')
  const [refused, setRefused] = useState<{ text: string; error: ErrorBody } | null>(null)
  const submit = useMutation(
    trpc.jobs.submit.mutationOptions({
      onSuccess: async (job, input) => {
        setRefused(null)
        if (input.dryRun) return setChecked(input.yaml)
        toast.success(`Job ${job.name} was submitted.`)
        router.push(job.uid ? paths.job(workspace, job.uid) : paths.jobs(workspace))
        await touch(queryClient, ['jobs'])
      },
      onError: (error, input) => {
        setChecked('')
        setRefused({ text: input.yaml, error: errorBodyOf(error) })
      },
    }),
  )
  return {
    checked,
    refused,
    isPending: submit.isPending,
    send: (yaml: string, dryRun: boolean) => submit.mutate({ workspace, yaml, dryRun }),
  }
}
