import type { SearchKind } from '@keelson/contracts/search-query'
import {
  Activity,
  Box,
  Boxes,
  Container,
  FlaskConical,
  FolderKanban,
  GitCommitVertical,
  type LucideIcon,
  NotebookPen,
  Radio,
  Tag,
  UserRound,
  Users,
  UsersRound,
  Wrench,
} from 'lucide-react'

/** How each kind of thing that is found is called and drawn. */
export const kindLooks: Readonly<Record<SearchKind, { label: string; icon: LucideIcon }>> = {
  workspace: { label: 'Workspaces', icon: FolderKanban },
  notebook: { label: 'Notebooks', icon: NotebookPen },
  job: { label: 'Jobs', icon: Wrench },
  run: { label: 'Runs', icon: GitCommitVertical },
  experiment: { label: 'Experiments', icon: FlaskConical },
  model: { label: 'Models', icon: Boxes },
  version: { label: 'Versions', icon: Tag },
  endpoint: { label: 'Endpoints', icon: Radio },
  pod: { label: 'Pods', icon: Container },
  object: { label: 'Kubernetes objects', icon: Box },
  contributor: { label: 'Contributors', icon: Users },
  person: { label: 'People', icon: UserRound },
  group: { label: 'Groups', icon: UsersRound },
  activity: { label: 'Activity', icon: Activity },
}
