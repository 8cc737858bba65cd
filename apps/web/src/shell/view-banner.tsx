'use client'
import type { Me } from '@keelson/contracts/access'
import { Button } from '@keelson/ui/button'
import { toast } from '@keelson/ui/toast'
import { useMutation } from '@tanstack/react-query'
import { Eye } from 'lucide-react'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'

/** Stands over every page while an operator looks as somebody else. */
export function ViewBanner({ me }: { me: Me }) {
  const trpc = useTRPC()
  const end = useMutation(
    trpc.admin.endView.mutationOptions({
      onSuccess: () => window.location.assign('/admin'),
      onError: (error) => toast.error(errorBodyOf(error).message || 'That could not be done.'),
    }),
  )
  if (me.view === null) return null
  return (
    <div
      role="status"
      className="sticky top-12 z-panel flex flex-wrap items-center gap-2 border-b border-line bg-info-soft px-5 py-1.5 text-[13px] text-info"
    >
      <Eye aria-hidden className="size-4" />
      <span>
        {me.view.by} looks as <strong>{me.username}</strong>. Nothing can be changed.
      </span>
      <Button size="sm" className="ml-auto" disabled={end.isPending} onClick={() => end.mutate()}>
        Leave this view
      </Button>
    </div>
  )
}
