import {
  Activity,
  Boxes,
  Braces,
  Cable,
  ChartLine,
  FlaskConical,
  HardDrive,
  Home,
  type LucideIcon,
  NotebookPen,
  Radio,
  Users,
  Wrench,
} from 'lucide-react'
import { objectKindPath, objectsPath, paths } from '@/view/paths.ts'

export type NavEntry = {
  id: string
  label: string
  icon: LucideIcon
  /** The address in a workspace. */
  path: (workspace: string) => string
  /** Pressed one after the other. */
  shortcut: string
  hint: string
}

/** The pages of a workspace: feeds the side menu, the breadcrumbs, ⌘K and the shortcuts. */
export const nav: readonly NavEntry[] = [
  {
    id: 'home',
    label: 'Home',
    icon: Home,
    path: paths.home,
    shortcut: 'g h',
    hint: 'What needs you, and what happens',
  },
  {
    id: 'notebooks',
    label: 'Notebooks',
    icon: NotebookPen,
    path: paths.notebooks,
    shortcut: 'g n',
    hint: 'Servers to work in, such as JupyterLab',
  },
  {
    id: 'volumes',
    label: 'Volumes',
    icon: HardDrive,
    path: paths.volumes,
    shortcut: 'g v',
    hint: 'Volumes and the files on them',
  },
  {
    id: 'jobs',
    label: 'Jobs',
    icon: Wrench,
    path: paths.jobs,
    shortcut: 'g j',
    hint: 'Training jobs, their pods and logs',
  },
  {
    id: 'tensorboards',
    label: 'TensorBoards',
    icon: ChartLine,
    path: paths.tensorboards,
    shortcut: 'g t',
    hint: 'Training curves from the event files on a volume',
  },
  {
    id: 'experiments',
    label: 'Experiments',
    icon: FlaskConical,
    path: paths.experiments,
    shortcut: 'g e',
    hint: 'Runs, parameters, metrics',
  },
  {
    id: 'models',
    label: 'Models',
    icon: Boxes,
    path: paths.models,
    shortcut: 'g m',
    hint: 'Versions, stages, approvals',
  },
  {
    id: 'endpoints',
    label: 'Endpoints',
    icon: Radio,
    path: paths.endpoints,
    shortcut: 'g s',
    hint: 'Served models and their monitoring',
  },
  {
    id: 'lineage',
    label: 'Lineage',
    icon: Cable,
    path: paths.lineage,
    shortcut: 'g l',
    hint: 'From data to prediction',
  },
  {
    id: 'objects',
    label: 'Objects',
    icon: Braces,
    path: objectsPath,
    shortcut: 'g o',
    hint: 'Everything in the cluster, as YAML',
  },
  {
    id: 'activity',
    label: 'Activity',
    icon: Activity,
    path: paths.activity,
    shortcut: 'g a',
    hint: 'Who did what, and what the cluster said',
  },
  {
    id: 'contributors',
    label: 'Contributors',
    icon: Users,
    path: paths.contributors,
    shortcut: 'g c',
    hint: 'Who may do what here',
  },
]

export type Crumb = { label: string; href: string | null }

/** The way to a page, from its address: workspace, area, then the things below it. */
export function crumbsOf(pathname: string): Crumb[] {
  const parts = pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decode)
  const [first, workspace, area, ...rest] = parts
  if (first === 'settings')
    return [
      { label: 'Settings', href: null },
      { label: 'Access tokens', href: null },
    ]
  if (first === 'search') return [{ label: 'Search', href: null }]
  if (first === 'admin') {
    const root = { label: 'Administration', href: workspace === undefined ? null : '/admin' }
    return workspace === 'objects' ? [root, ...objectCrumbs(null, parts.slice(2))] : [root]
  }
  if (first === 'new-workspace') return [{ label: 'New workspace', href: null }]
  if (first !== 'w' || workspace === undefined) return []
  const entry = nav.find((one) => one.id === (area ?? 'home'))
  const crumbs: Crumb[] = [{ label: workspace, href: paths.home(workspace) }]
  if (area === 'new-notebook')
    return [...crumbs, { label: 'Notebooks', href: paths.notebooks(workspace) }, { label: 'New', href: null }]
  if (area === 'new-job')
    return [...crumbs, { label: 'Jobs', href: paths.jobs(workspace) }, { label: 'New', href: null }]
  if (area === 'objects') return [...crumbs, ...objectCrumbs(workspace, rest)]
  if (entry)
    crumbs.push({ label: entry.label, href: area === undefined || rest.length === 0 ? null : entry.path(workspace) })
  let path = entry ? entry.path(workspace) : ''
  rest.forEach((part, index) => {
    path += `/${encodeURIComponent(part)}`
    if (part === 'runs' || part === 'versions') return
    const shown =
      rest[index - 1] === 'versions' ? `version ${part}` : /^[0-9a-f-]{32,36}$/.test(part) ? part.slice(0, 8) : part
    crumbs.push({ label: shown, href: index === rest.length - 1 ? null : path })
  })
  return crumbs
}

/** A kind's group, version and plural are one step. */
function objectCrumbs(workspace: string | null, [group, version, plural, name]: string[]): Crumb[] {
  const root = { label: 'Objects', href: group === undefined ? null : objectsPath(workspace) }
  if (group === 'new') return [root, { label: 'New', href: null }]
  if (group === undefined || version === undefined || plural === undefined) return [root]
  const kind = { group: group === 'core' ? '' : group, version, plural }
  const crumb = { label: plural, href: name === undefined ? null : objectKindPath(workspace, kind) }
  return name === undefined ? [root, crumb] : [root, crumb, { label: name, href: null }]
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
