import type { Stage } from '@keelson/contracts/registry'
import { Badge, type Tone } from '@keelson/ui/badge'

const tones: Readonly<Record<Stage, Tone>> = {
  None: 'neutral',
  Staging: 'warning',
  Production: 'success',
  Archived: 'neutral',
}

export function StageBadge({ stage }: { stage: Stage }) {
  return <Badge tone={tones[stage]}>{stage === 'None' ? 'no stage' : stage}</Badge>
}
