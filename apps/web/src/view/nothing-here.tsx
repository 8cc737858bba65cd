import { Button } from '@keelson/ui/button'
import { EmptyState } from '@keelson/ui/empty-state'
import { Compass } from 'lucide-react'
import Link from 'next/link'

/** What an address shows that leads to nothing, within the shell and without it. */
export function NothingHere() {
  return (
    <EmptyState
      icon={<Compass />}
      title="There is nothing here"
      action={
        <Button asChild>
          <Link href="/">Go to your workspaces</Link>
        </Button>
      }
    >
      <p>It may have been deleted, the address may be wrong, or it belongs to a workspace that you are not in.</p>
    </EmptyState>
  )
}
