import type { ActivityEntry } from '@keelson/contracts/activity'
import { frameworkOf } from '@keelson/contracts/training-frameworks'
import { objectPath, paths } from '@/view/paths.ts'

/** Where the thing of an entry is shown; null for what has no page of its own. */
export function linkOf(workspace: string, entry: ActivityEntry): string | null {
  const { kind, name, uid } = entry.object
  if (entry.source === 'event') {
    if ((kind === 'Job' || frameworkOf(kind)) && uid !== null) return paths.job(workspace, uid)
    if (kind === 'Notebook') return paths.notebook(workspace, name)
    if (kind === 'PersistentVolumeClaim') return paths.volume(workspace, name)
    return kind === 'InferenceService' ? paths.endpoint(workspace, name) : null
  }
  const { uid: factUid, version } = entry.facts
  if (entry.reason.startsWith('objects.')) return linkOfObject(workspace, entry)
  switch (kind) {
    case 'job':
      return typeof factUid === 'string' ? paths.job(workspace, factUid) : null
    case 'notebook':
      return paths.notebook(workspace, name)
    case 'tensorboard':
      return paths.tensorboards(workspace)
    case 'volume':
      return paths.volume(workspace, name)
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

function linkOfObject(workspace: string, { object, facts }: ActivityEntry): string | null {
  if (typeof facts.apiVersion !== 'string' || typeof facts.plural !== 'string') return null
  const parts = facts.apiVersion.split('/')
  const [group = '', version = ''] = parts.length === 1 ? ['', ...parts] : parts
  return objectPath(workspace, { group, version, plural: facts.plural }, object.name)
}
