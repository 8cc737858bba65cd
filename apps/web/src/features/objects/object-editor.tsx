'use client'
import type { ObjectDetail } from '@keelson/contracts/objects'
import { Button } from '@keelson/ui/button'
import { PermissionButton } from '@keelson/ui/permission-button'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { ManifestEditor } from './manifest-editor.tsx'
import type { ObjectAddress } from './object-address.ts'
import { ReviewPanel, Warnings } from './review-panel.tsx'
import { StalePanel } from './stale-panel.tsx'
import { useLeaveWarning } from './use-leave-warning.ts'
import { type ObjectEditing, useObjectEditing } from './use-object-editing.ts'

type Props = { address: ObjectAddress; detail: ObjectDetail; reveal: boolean }

/** Edit, review what the cluster would make of it, apply. What others write meanwhile is shown and never overwritten. */
export function ObjectEditor({ address, detail, reveal }: Props) {
  const editing = useObjectEditing(address, detail, reveal)
  const { step, update, rebase, base } = editing
  useLeaveWarning(editing.isChanged)
  const back = () => editing.setStep({ name: 'edit' })
  switch (step.name) {
    case 'edit':
      return <EditStep detail={detail} editing={editing} />
    case 'review':
      return (
        <ReviewPanel
          made={step.made}
          applyLabel="Apply"
          pending={update.isPending}
          error={update.error ? errorBodyOf(update.error) : null}
          onApply={() => editing.apply(step.text)}
          onBack={back}
        />
      )
    case 'stale':
      return (
        <StalePanel
          by={step.by}
          base={base.yaml}
          live={step.live.yaml}
          pending={rebase.isPending}
          error={rebase.error ? errorBodyOf(rebase.error) : null}
          onTakeOver={editing.takeOver}
          onDiscard={() => editing.start(step.live)}
          onBack={back}
        />
      )
  }
}

function EditStep({ detail, editing }: { detail: ObjectDetail; editing: ObjectEditing }) {
  const { isBehind, isChanged, clashes, update, review } = editing
  return (
    <div className="grid gap-3">
      {isBehind ? (
        <div
          role="status"
          className="flex flex-wrap items-center gap-3 rounded-lg bg-warning-soft px-4 py-2 text-[13px] text-warning"
        >
          Somebody changed it since you opened it.
          <Button size="sm" onClick={() => editing.setStep({ name: 'stale', live: detail, by: null })}>
            Show what changed
          </Button>
        </div>
      ) : null}
      <Warnings
        texts={clashes.map((path) => `${path}: both of you changed it. The text has your value; theirs is gone.`)}
      />
      <ManifestEditor
        label={`YAML of ${detail.kind.kind} ${detail.name}`}
        text={editing.text}
        revision={editing.revision}
        onChange={editing.setText}
        onSave={review}
        refused={editing.refused}
        readOnly={!detail.update.allowed}
        actions={
          <>
            {isChanged ? <Button onClick={() => editing.start(detail)}>Discard changes</Button> : null}
            <PermissionButton
              variant="primary"
              decision={detail.update}
              disabled={!isChanged || update.isPending}
              onClick={review}
            >
              Review changes
            </PermissionButton>
          </>
        }
      />
    </div>
  )
}
