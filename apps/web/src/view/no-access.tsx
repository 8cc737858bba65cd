import type { ErrorBody } from '@keelson/contracts/errors'
import { Button } from '@keelson/ui/button'
import { EmptyState } from '@keelson/ui/empty-state'
import { Lock } from 'lucide-react'
import Link from 'next/link'

const askOwner = 'An owner of the workspace can give you a role that reaches it, under Contributors.'

/** The page somebody may not see: says so, why, and whom to ask, without a word about what is on it. */
export function NoAccess({ error, whom = askOwner }: { error: ErrorBody; whom?: string }) {
  return (
    <EmptyState
      icon={<Lock />}
      title="You have no access to this"
      action={
        <Button asChild>
          <Link href="/">Go to your workspaces</Link>
        </Button>
      }
    >
      <p>{error.message}</p>
      <p>{whom}</p>
      {error.requestId ? <p className="font-mono text-xs">request {error.requestId}</p> : null}
    </EmptyState>
  )
}
