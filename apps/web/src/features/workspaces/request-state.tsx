'use client'
import type { WorkspaceRequest } from '@keelson/contracts/workspaces'
import { Button } from '@keelson/ui/button'
import { Card } from '@keelson/ui/card'
import { RelativeTime } from '@keelson/ui/relative-time'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { paths } from '@/view/paths.ts'

/** How one's latest wish for a workspace stands. */
export function RequestState({ request }: { request: WorkspaceRequest }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const withdraw = useMutation(
    trpc.workspaces.withdrawRequest.mutationOptions({
      onSuccess: () => touch(queryClient, ['platform']),
      onError: (error) => toast.error(errorBodyOf(error).message || 'That could not be done.'),
    }),
  )
  if (request.state === 'withdrawn') return null
  return (
    <Card className="grid gap-2 p-5 text-[13px]">
      <div role="status">
        {request.state === 'pending' ? (
          <p>
            You asked for <strong>{request.name}</strong> <RelativeTime at={request.createdAt} />. An operator decides;
            this page changes by itself.
          </p>
        ) : null}
        {request.state === 'approved' ? (
          <p>
            <strong>{request.name}</strong> was approved by {request.decidedBy}.{' '}
            {/* A whole load: the roles begin anew with the new workspace. */}
            <a href={paths.home(request.name)} className="text-accent underline underline-offset-2">
              Open it
            </a>
          </p>
        ) : null}
        {request.state === 'refused' ? (
          <p>
            <strong>{request.name}</strong> was refused by {request.decidedBy}: {request.reason}
          </p>
        ) : null}
      </div>
      {request.state === 'pending' ? (
        <Button
          size="sm"
          className="justify-self-start"
          disabled={withdraw.isPending}
          onClick={() => withdraw.mutate({ id: request.id })}
        >
          Withdraw the request
        </Button>
      ) : null}
    </Card>
  )
}
