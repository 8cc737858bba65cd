import type { Me } from '@keelson/contracts/access'
import {
  FolderKanban,
  FolderPlus,
  Keyboard,
  KeyRound,
  LogOut,
  type LucideIcon,
  Moon,
  Plus,
  ShieldCheck,
  Sun,
  UserPlus,
} from 'lucide-react'
import { nav } from '@/nav.ts'
import { paths } from '@/view/paths.ts'

/** A page or an action: what it is called, the other words people have for it, and where it leads or what it does. */
export type LocalEntry = {
  id: string
  label: string
  words: string
  icon: LucideIcon
  hint?: string
  shortcut?: string
  to: string | (() => void)
}

/** What people who come from elsewhere call the pages. */
const otherWords: Readonly<Record<string, string>> = {
  home: 'dashboard overview start sample',
  jobs: 'training pods logs batch kubernetes tfjob',
  experiments: 'mlflow tracking runs metrics parameters compare',
  models: 'registry versions stages approval',
  endpoints: 'serving inference predictions monitoring drift inferenceservice kserve seldon',
  objects: 'kubernetes yaml manifest editor deployment service configmap secret apply',
  lineage: 'graph provenance data',
  activity: 'events audit history changes log',
  contributors: 'members people roles access share permissions groups owner',
}

export function pageEntries(workspace: string | null, me: Me): LocalEntry[] {
  const ofWorkspace =
    workspace === null
      ? []
      : nav.map(
          (entry): LocalEntry => ({
            id: `page ${entry.id}`,
            label: entry.label,
            words: `${entry.hint} ${otherWords[entry.id] ?? ''}`,
            hint: entry.hint,
            icon: entry.icon,
            shortcut: entry.shortcut,
            to: entry.path(workspace),
          }),
        )
  const tokens = { label: 'Access tokens', words: 'api key secret password mlflow kubectl settings', icon: KeyRound }
  const admin = { label: 'Administration', words: 'operators people groups quotas workloads audit', icon: ShieldCheck }
  return [
    ...ofWorkspace,
    { id: 'page tokens', ...tokens, to: '/settings/tokens' },
    ...(me.isAdmin ? [{ id: 'page admin', ...admin, to: '/admin' }] : []),
  ]
}

const mostWorkspaces = 20

/** For the empty box; what is typed is looked for among all of them by the platform. */
export function workspaceEntries(me: Me): LocalEntry[] {
  return me.workspaces.slice(0, mostWorkspaces).map(({ name, role }) => ({
    id: `workspace ${name}`,
    label: name,
    words: '',
    hint: role,
    icon: FolderKanban,
    to: paths.home(name),
  }))
}

type Doing = {
  may: (action: 'submitJob' | 'addContributor') => boolean
  isDark: boolean
  setTheme: (theme: 'light' | 'dark') => void
  onShortcuts: () => void
}

export function actionEntries(workspace: string | null, { may, isDark, setTheme, onShortcuts }: Doing): LocalEntry[] {
  const inWorkspace: LocalEntry[] =
    workspace === null
      ? []
      : [
          {
            id: 'submit',
            label: 'Submit a job',
            words: 'run train start create new kubernetes',
            icon: Plus,
            to: paths.newJob(workspace),
            offered: may('submitJob'),
          },
          {
            id: 'invite',
            label: 'Invite a contributor',
            words: 'add person group member share give role access viewer owner',
            icon: UserPlus,
            hint: workspace,
            to: `${paths.contributors(workspace)}?add=1`,
            offered: may('addContributor'),
          },
        ].filter(({ offered }) => offered)
  return [
    ...inWorkspace,
    {
      id: 'new-workspace',
      label: 'New workspace',
      words: 'create profile namespace project',
      icon: FolderPlus,
      to: '/new-workspace',
    },
    {
      id: 'theme',
      label: isDark ? 'Light theme' : 'Dark theme',
      words: 'colours appearance mode',
      icon: isDark ? Sun : Moon,
      to: () => setTheme(isDark ? 'light' : 'dark'),
    },
    {
      id: 'shortcuts',
      label: 'Keyboard shortcuts',
      words: 'keys help',
      icon: Keyboard,
      shortcut: '?',
      to: onShortcuts,
    },
    {
      id: 'sign-out',
      label: 'Sign out',
      words: 'log out leave',
      icon: LogOut,
      to: () => document.querySelector<HTMLFormElement>('form[action="/api/auth/end"]')?.requestSubmit(),
    },
  ]
}
