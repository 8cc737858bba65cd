'use client'
import type { NotebookServer } from '@keelson/contracts/notebooks'
import { PermissionButton } from '@keelson/ui/permission-button'
import { RelativeTime } from '@keelson/ui/relative-time'
import { Hourglass } from 'lucide-react'
import { useCan } from '@/view/can.ts'
import { useNotebookActions } from './use-notebook-actions.ts'

/** Says before it happens that an idle server will be stopped, and what keeps it. */
export function CullingNotice({ notebook }: { notebook: NotebookServer }) {
  const { workspace, name, culling, isStopped } = notebook
  const decision = useCan(workspace)('changeNotebook')
  const { setCulling, isPending } = useNotebookActions()
  if (culling.at === null || !culling.isOn || isStopped) return null
  return (
    <div
      role="status"
      className="mb-4 flex items-center gap-2.5 rounded-lg bg-warning-soft px-4 py-3 text-[13px] text-warning"
    >
      <Hourglass aria-hidden className="size-4 shrink-0" />
      <p className="min-w-0">
        Nobody works in {name}: it will be stopped <RelativeTime at={culling.at} />. Its volumes stay. Work in it, or
        keep it running.
      </p>
      <span className="ml-auto">
        <PermissionButton
          size="sm"
          decision={decision}
          disabled={isPending}
          onClick={() => setCulling({ workspace, name, isOn: false })}
        >
          Keep it running
        </PermissionButton>
      </span>
    </div>
  )
}
