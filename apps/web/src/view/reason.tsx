import type { StatusDetail } from '@keelson/contracts/status'
import { CircleAlert } from 'lucide-react'

/** Why something is not well, in words at the top of its own page. Nothing where all is well. */
export function Reason({ status }: { status: StatusDetail }) {
  const isBad = status.status === 'failed' || status.status === 'degraded'
  if (!isBad && !(status.status === 'pending' && status.message)) return null
  const tone = status.status === 'failed' ? 'bg-danger-soft text-danger' : 'bg-warning-soft text-warning'
  return (
    <div role="status" className={`mb-4 flex gap-2.5 rounded-lg px-4 py-3 text-[13px] ${tone}`}>
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0">
        <p className="font-semibold">{status.reason ?? (status.status === 'pending' ? 'Waiting' : 'It is not well')}</p>
        {status.message ? <p className="break-words whitespace-pre-wrap">{status.message}</p> : null}
      </div>
    </div>
  )
}
