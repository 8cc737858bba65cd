'use client'
import type { ObjectDetail } from '@keelson/contracts/objects'
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
import { objectKindPath } from '@/view/paths.ts'
import type { ObjectAddress } from './object-address.ts'

/** With these goes more than the object: data, or everything in a namespace or of a kind. */
const precious = ['persistentvolumeclaims', 'persistentvolumes', 'namespaces', 'customresourcedefinitions', 'profiles']

type Props = { address: ObjectAddress; detail: ObjectDetail; onClose: () => void }

export function DeleteObjectDialog({ address, detail, onClose }: Props) {
  const trpc = useTRPC()
  const router = useRouter()
  const queryClient = useQueryClient()
  const [typed, setTyped] = useState('')
  const { name, kind, uid } = detail
  const isPrecious = precious.includes(kind.plural)
  const remove = useMutation(
    trpc.objects.delete.mutationOptions({
      onSuccess: async () => {
        toast.success(`${kind.kind} ${name} is being deleted.`)
        onClose()
        router.push(objectKindPath(address.workspace, address))
        await touch(queryClient, ['objects', 'activity'])
      },
    }),
  )
  const { group, version, plural, workspace } = address
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Delete ${kind.kind} ${name}?`}
      description="What it owns is deleted after it."
      footer={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button
            variant="danger"
            disabled={remove.isPending || (isPrecious && typed !== name)}
            onClick={() => remove.mutate({ workspace, group, version, plural, name, uid })}
          >
            Delete it
          </Button>
        </>
      }
    >
      <div className="grid gap-3">
        {isPrecious ? (
          <Field
            id="delete-object-name"
            label={`Type ${name} to confirm`}
            hint="With it goes what cannot be brought back."
          >
            <Input id="delete-object-name" value={typed} onChange={(event) => setTyped(event.target.value)} />
          </Field>
        ) : null}
        {remove.error ? <ErrorPanel error={errorBodyOf(remove.error)} /> : null}
        {!isPrecious && !remove.error ? (
          <p className="text-[13px] text-fg-muted">
            {detail.owners.length > 0
              ? `It belongs to ${detail.owners.map((owner) => `${owner.kind} ${owner.name}`).join(', ')}, which may make it anew.`
              : 'The audit trail keeps who deleted it and when.'}
          </p>
        ) : null}
      </div>
    </Dialog>
  )
}
