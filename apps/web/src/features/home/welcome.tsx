import { Button } from '@keelson/ui/button'
import { Copyable } from '@keelson/ui/copyable'
import { EmptyState } from '@keelson/ui/empty-state'
import { Anchor } from 'lucide-react'
import Link from 'next/link'

/** What somebody sees who is in no workspace: how to get into one. */
export function Welcome({ username }: { username: string }) {
  return (
    <EmptyState
      icon={<Anchor />}
      title="You have no workspace yet"
      className="pt-24"
      action={
        <Button asChild variant="primary">
          <Link href="/new-workspace">Create a workspace</Link>
        </Button>
      }
    >
      <p>
        A workspace holds jobs, experiments, models and endpoints, and the people who work on them. Create your own, or
        ask an owner of an existing one to add you under Contributors with this name:
      </p>
      <p>
        <Copyable text={username} className="rounded-md border border-line bg-surface px-2 py-1" />
      </p>
    </EmptyState>
  )
}
