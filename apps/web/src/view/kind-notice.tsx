'use client'
import { Info } from 'lucide-react'
import { useInstallation } from '@/shell/installation.tsx'

/** Says on the pages of a kind that another operator owns it in this cluster, what that means, and how to change it. */
export function KindNotice({ kind }: { kind: 'InferenceService' | 'Notebook' | 'Profile' | 'Tensorboard' }) {
  const { info, me } = useInstallation()
  const found = info.kinds.find((one) => one.kind === kind && one.owner === 'other')
  if (!found) return null
  return (
    <div role="note" className="mb-4 flex gap-2.5 rounded-lg bg-info-soft px-4 py-3 text-[13px] text-info">
      <Info aria-hidden className="mt-0.5 size-4 shrink-0" />
      <p className="min-w-0">
        <strong className="font-semibold">Keelson only shows {kind} objects here</strong>, because another operator owns
        them. {found.evidence} Change them by that operator’s own way.{' '}
        {me.isAdmin
          ? `To let Keelson own them, set KEELSON_KINDS to ${found.name}=keelson, or remove that operator.`
          : 'Whoever runs this installation can decide otherwise.'}
      </p>
    </div>
  )
}
