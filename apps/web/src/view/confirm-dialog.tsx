'use client'
import { Button } from '@keelson/ui/button'
import { Dialog } from '@keelson/ui/dialog'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { Field, Input } from '@keelson/ui/input'
import type { ReactNode } from 'react'
import { errorBodyOf } from '@/trpc/error-body.ts'

type Mutation = { error: unknown; isPending: boolean }

/** Asks before something is lost: what it is called, what becomes of it, and a red button with the deed as its words. */
export function ConfirmDialog({
  title,
  description,
  deed,
  keep,
  mutation,
  isReady = true,
  onConfirm,
  onClose,
  children,
}: {
  title: string
  description: string
  deed: string
  /** The words of a button that leaves all as it is; without them closing the dialog does. */
  keep?: string
  mutation: Mutation
  isReady?: boolean
  onConfirm: () => void
  onClose: () => void
  children?: ReactNode
}) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={title}
      description={description}
      footer={
        <>
          {keep === undefined ? null : <Button onClick={onClose}>{keep}</Button>}
          <Button variant="danger" disabled={mutation.isPending || !isReady} onClick={onConfirm}>
            {deed}
          </Button>
        </>
      }
    >
      <div className="grid gap-3 text-[13px]">
        {children}
        {mutation.error ? <ErrorPanel error={errorBodyOf(mutation.error)} /> : null}
      </div>
    </Dialog>
  )
}

/** The name of what will be lost, to be typed. */
export function TypedName({
  id,
  label,
  typed,
  onType,
}: {
  id: string
  label: string
  typed: string
  onType: (typed: string) => void
}) {
  return (
    <Field id={id} label={label}>
      <Input id={id} value={typed} autoComplete="off" onChange={(event) => onType(event.target.value)} />
    </Field>
  )
}
