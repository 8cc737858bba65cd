'use client'
import type { ErrorBody } from '@keelson/contracts/errors'
import type { MadeObject, ObjectDetail } from '@keelson/contracts/objects'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import type { ObjectAddress } from './object-address.ts'

type Base = { yaml: string; etag: string }
type Step =
  | { name: 'edit' }
  | { name: 'review'; made: MadeObject; text: string }
  | { name: 'stale'; live: Base; by: string | null }

/** The text, what it was made from, and where one is on the way from it to the cluster. */
function useDraft(detail: ObjectDetail) {
  const [base, setBase] = useState<Base>(detail)
  const [text, setText] = useState(detail.yaml)
  const [revision, setRevision] = useState(0)
  const [step, setStep] = useState<Step>({ name: 'edit' })
  const [refused, setRefused] = useState<{ text: string; error: ErrorBody } | null>(null)
  const start = (from: Base, mine = from.yaml) => {
    setBase({ yaml: from.yaml, etag: from.etag })
    setText(mine)
    setRevision((count) => count + 1)
    setStep({ name: 'edit' })
    setRefused(null)
  }
  const isChanged = text !== base.yaml
  // Who has changed nothing sees the object as it is now.
  useEffect(() => {
    if (!isChanged && detail.etag !== base.etag && step.name === 'edit') start(detail)
  }, [detail, isChanged, base.etag, step.name])
  return { base, text, setText, revision, step, setStep, refused, setRefused, start, isChanged }
}

/** How an object is edited: tried, looked at, written; and put upon what others wrote meanwhile. */
export function useObjectEditing(address: ObjectAddress, detail: ObjectDetail, reveal: boolean) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const draft = useDraft(detail)
  const { base, text, step, setStep, setRefused, start, isChanged } = draft
  const [clashes, setClashes] = useState<readonly string[]>([])
  const update = useMutation(
    trpc.objects.update.mutationOptions({
      onSuccess: async (outcome, input) => {
        setRefused(null)
        if (outcome.outcome === 'stale')
          return setStep({ name: 'stale', live: { yaml: outcome.live, etag: outcome.etag }, by: outcome.by })
        if (outcome.dryRun) return setStep({ name: 'review', made: outcome, text: input.yaml })
        toast.success(`${detail.kind.kind} ${detail.name} was written.`)
        const wanted = trpc.objects.get.queryOptions({ ...address, reveal })
        const fresh = await queryClient.fetchQuery({ ...wanted, staleTime: 0 }).catch(() => null)
        setClashes([])
        start(fresh ?? { yaml: outcome.after, etag: outcome.etag })
        void touch(queryClient, ['activity'])
      },
      onError: (error, input) => {
        if (step.name === 'edit') setRefused({ text: input.yaml, error: errorBodyOf(error) })
      },
    }),
  )
  const rebase = useMutation(
    trpc.objects.rebase.mutationOptions({
      onSuccess: ({ yaml, live, etag, clashes: both }) => {
        setClashes(both)
        start({ yaml: live, etag }, yaml)
      },
    }),
  )
  const send = (yaml: string, dryRun: boolean) => update.mutate({ ...address, reveal, yaml, etag: base.etag, dryRun })
  return {
    ...draft,
    clashes,
    update,
    rebase,
    isBehind: isChanged && detail.etag !== base.etag,
    review: () => {
      if (isChanged && detail.update.allowed && !update.isPending) send(text, true)
    },
    apply: (tried: string) => send(tried, false),
    takeOver: () => rebase.mutate({ ...address, reveal, base: base.yaml, yaml: text }),
  }
}

export type ObjectEditing = ReturnType<typeof useObjectEditing>
