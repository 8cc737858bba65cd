'use client'
import { Button, type ButtonProps } from './button.tsx'
import { Tooltip } from './tooltip.tsx'

/** The server's own decision on an action; undefined while it is asked. */
export type Decision = { allowed: boolean; reason: string } | undefined

/**
 * A button for an action that not everybody may do. Refused, it stays focusable (aria-disabled, not disabled) so that
 * everybody can read why.
 */
export function PermissionButton({
  decision,
  onClick,
  disabled,
  children,
  ...props
}: ButtonProps & { decision: Decision }) {
  if (decision?.allowed !== false) {
    return (
      <Button {...props} disabled={disabled || decision === undefined} onClick={onClick}>
        {children}
      </Button>
    )
  }
  return (
    <Tooltip text={decision.reason || 'Your role in this workspace does not allow it.'}>
      <Button {...props} aria-disabled="true" onClick={(event) => event.preventDefault()}>
        {children}
      </Button>
    </Tooltip>
  )
}
