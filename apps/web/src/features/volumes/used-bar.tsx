import type { Volume } from '@keelson/contracts/volumes'
import { formatBytes, formatRelative } from '@keelson/ui/format'

/** Bytes that are known to be used; how full the volume is, and when that was seen, when one points at it. */
export function UsedFigure({ volume }: { volume: Volume }) {
  const { used, sizeBytes } = volume
  if (used === null) return <span title="Known once somebody has opened its files">–</span>
  const share = sizeBytes > 0 ? ` (${Math.round((used.bytes / sizeBytes) * 100)} % of it)` : ''
  const seen = formatRelative(Date.parse(used.at), Date.now())
  return <span title={`${used.bytes} bytes${share}, seen ${seen}`}>{formatBytes(used.bytes)}</span>
}
