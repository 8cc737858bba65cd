'use client'
import type { ButtonProps } from '@keelson/ui/button'
import { type Decision, PermissionButton } from '@keelson/ui/permission-button'
import { type ReactNode, useState } from 'react'

/** Opens a dialog where one may; it is made anew each time, so that nothing of the last time is left in it. */
export function DialogButton({
  dialog,
  ...button
}: Omit<ButtonProps, 'onClick'> & { decision: Decision; dialog: (close: () => void) => ReactNode }) {
  const [isOpen, setIsOpen] = useState(false)
  return (
    <>
      <PermissionButton {...button} onClick={() => setIsOpen(true)} />
      {isOpen ? dialog(() => setIsOpen(false)) : null}
    </>
  )
}
