import { Button } from '@keelson/ui/button'
import { EmptyState } from '@keelson/ui/empty-state'
import { Compass } from 'lucide-react'
import Link from 'next/link'

export default function NotFound() {
  return (
    <main className="grid min-h-[70vh] place-content-center">
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
    </main>
  )
}
