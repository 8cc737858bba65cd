'use client'
import { Button } from '@keelson/ui/button'
import { Copyable } from '@keelson/ui/copyable'
import { EmptyState } from '@keelson/ui/empty-state'
import { useQuery } from '@tanstack/react-query'
import { Anchor } from 'lucide-react'
import Link from 'next/link'
import { RequestState } from '@/features/workspaces/index.ts'
import { useTRPC } from '@/trpc/client.tsx'

/** What somebody sees who is in no workspace: how to get into one here. */
export function Welcome({ username }: { username: string }) {
  const trpc = useTRPC()
  const { data } = useQuery(trpc.workspaces.registration.queryOptions())
  const waits = data?.mayCreate === false && data.request?.state === 'pending'
  const action =
    data?.mayCreate === false ? (data.mode === 'closed' ? null : 'Ask for a workspace') : 'Create a workspace'
  return (
    <>
      <EmptyState
        icon={<Anchor />}
        title="You have no workspace yet"
        className="pt-24"
        action={
          action === null || waits ? null : (
            <Button asChild variant="primary">
              <Link href="/new-workspace">{action}</Link>
            </Button>
          )
        }
      >
        <p>
          A workspace holds jobs, experiments, models and endpoints, and the people who work on them.{' '}
          {data?.mode === 'closed' && !data.mayCreate ? 'Operators make them here. Ask one,' : 'Get your own,'} or ask
          an owner of an existing one to add you under Contributors with this name:
        </p>
        <p>
          <Copyable text={username} className="rounded-md border border-line bg-surface px-2 py-1" />
        </p>
      </EmptyState>
      {data?.request && !data.mayCreate ? (
        <div className="mx-auto mt-6 max-w-lg">
          <RequestState request={data.request} />
        </div>
      ) : null}
    </>
  )
}
