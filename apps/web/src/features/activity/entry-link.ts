import type { ActivityEntry } from '@keelson/contracts/activity'
import { paths } from '@/view/paths.ts'

/** Where the thing of an entry is shown; null for what has no page of its own. */
export function linkOf(workspace: string, entry: ActivityEntry): string | null {
  const { kind, name, uid } = entry.object
  if (entry.source === 'event') {
    if (kind === 'Job' && uid !== null) return paths.job(workspace, uid)
    return kind === 'InferenceService' ? paths.endpoint(workspace, name) : null
  }
  const { uid: factUid, version } = entry.facts
  switch (kind) {
    case 'job':
      return typeof factUid === 'string' ? paths.job(workspace, factUid) : null
    case 'endpoint':
      return paths.endpoint(workspace, name)
    case 'experiment':
      return paths.experiment(workspace, name)
    case 'model':
      return typeof version === 'number' ? paths.version(workspace, name, version) : paths.model(workspace, name)
    case 'contributor':
      return paths.contributors(workspace)
    default:
      return null
  }
}
