'use client'
import type { NotebookServer } from '@keelson/contracts/notebooks'
import { Button } from '@keelson/ui/button'
import { PermissionButton } from '@keelson/ui/permission-button'
import { ExternalLink, Play, Square } from 'lucide-react'
import { useCan } from '@/view/can.ts'
import { openAddress } from './notebook-kind.ts'
import { useNotebookActions } from './use-notebook-actions.ts'

type Props = { notebook: NotebookServer; size?: 'sm' | 'md' }

/** Opens the server in a tab of its own, on its own site. Opening is a right of its own: it runs code as the workspace. */
export function ConnectButton({ notebook, size = 'md' }: Props) {
  const { workspace, name, status, isStopped } = notebook
  const decision = useCan(workspace)('connectNotebook')
  const label = (
    <>
      <ExternalLink />
      Connect
    </>
  )
  const variant = size === 'sm' ? 'secondary' : 'primary'
  if (decision?.allowed && status.status === 'ready')
    return (
      <Button asChild variant={variant} size={size}>
        <a href={openAddress(workspace, name)} target="_blank" rel="noopener" aria-label={`Connect to ${name}`}>
          {label}
        </a>
      </Button>
    )
  const why = isStopped ? `${name} is stopped: start it first.` : `${name} is not ready yet.`
  return (
    <PermissionButton
      variant={variant}
      size={size}
      decision={decision?.allowed ? { allowed: false, reason: why } : decision}
      aria-label={`Connect to ${name}`}
    >
      {label}
    </PermissionButton>
  )
}

/** The one of the two that makes sense now. */
export function StartStopButton({ notebook, size = 'md' }: Props) {
  const { workspace, name, isStopped } = notebook
  const decision = useCan(workspace)('changeNotebook')
  const { start, stop, isPending } = useNotebookActions()
  const act = isStopped ? start : stop
  return (
    <PermissionButton
      size={size}
      decision={decision}
      disabled={isPending}
      onClick={() => act({ workspace, name })}
      aria-label={`${isStopped ? 'Start' : 'Stop'} ${name}`}
    >
      {isStopped ? <Play /> : <Square />}
      {isStopped ? 'Start' : 'Stop'}
    </PermissionButton>
  )
}
