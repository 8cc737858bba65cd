'use client'
import { CommandPalette, type PaletteGroup } from '@keelson/ui/command-palette'
import { useTheme } from '@keelson/ui/theme'
import { useQueries, useQuery } from '@tanstack/react-query'
import {
  Boxes,
  FlaskConical,
  Keyboard,
  KeyRound,
  LogOut,
  Moon,
  Plus,
  Radio,
  ShieldCheck,
  Sun,
  Wrench,
} from 'lucide-react'
import { useRouter } from 'next/navigation'
import { nav } from '@/nav.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { paths } from '@/view/paths.ts'
import { useInstallation } from './installation.tsx'

type Props = { open: boolean; onOpenChange: (open: boolean) => void; workspace: string | null; onShortcuts: () => void }

const shownExperiments = 5
const shownRuns = 20

/** ⌘K. Mounted when it opens, so the things of the workspace are only asked for then. */
export function Palette({ open, onOpenChange, workspace, onShortcuts }: Props) {
  const router = useRouter()
  const { me } = useInstallation()
  const { resolvedTheme, setTheme } = useTheme()
  const things = useThings(workspace)
  const go = (href: string) => () => router.push(href)
  const groups: PaletteGroup[] = [
    {
      heading: 'Pages',
      items:
        workspace === null
          ? []
          : nav.map((entry) => ({
              id: `page ${entry.id}`,
              label: entry.label,
              hint: entry.hint,
              icon: <entry.icon />,
              shortcut: entry.shortcut,
              run: go(entry.path(workspace)),
            })),
    },
    {
      heading: 'Workspaces',
      items: me.workspaces.map((one) => ({
        id: `workspace ${one.name}`,
        label: one.name,
        hint: one.role,
        keywords: ['workspace'],
        run: go(paths.home(one.name)),
      })),
    },
    ...things.groups.map((group) => ({
      ...group,
      items: group.items.map(({ href, ...item }) => ({ ...item, run: go(href) })),
    })),
    {
      heading: 'Actions',
      items: [
        ...(workspace === null
          ? []
          : [{ id: 'submit', label: 'Submit a job', icon: <Plus />, run: go(`${paths.jobs(workspace)}?submit=1`) }]),
        { id: 'new-workspace', label: 'New workspace', icon: <Plus />, run: go('/new-workspace') },
        ...(me.isAdmin ? [{ id: 'admin', label: 'Administration', icon: <ShieldCheck />, run: go('/admin') }] : []),
        { id: 'tokens', label: 'Access tokens', icon: <KeyRound />, run: go('/settings/tokens') },
        {
          id: 'theme',
          label: resolvedTheme === 'dark' ? 'Light theme' : 'Dark theme',
          icon: resolvedTheme === 'dark' ? <Sun /> : <Moon />,
          run: () => setTheme(resolvedTheme === 'dark' ? 'light' : 'dark'),
        },
        { id: 'shortcuts', label: 'Keyboard shortcuts', icon: <Keyboard />, shortcut: '?', run: onShortcuts },
        {
          id: 'sign-out',
          label: 'Sign out',
          icon: <LogOut />,
          run: () => document.querySelector<HTMLFormElement>('form[action="/api/auth/end"]')?.requestSubmit(),
        },
      ],
    },
  ]
  return <CommandPalette open={open} onOpenChange={onOpenChange} groups={groups} loading={things.loading} />
}

function useThings(workspace: string | null) {
  const trpc = useTRPC()
  const enabled = workspace !== null
  const where = { workspace: workspace ?? '-' }
  const jobs = useQuery({ ...trpc.jobs.list.queryOptions(where), enabled })
  const models = useQuery({ ...trpc.models.list.queryOptions(where), enabled })
  const endpoints = useQuery({ ...trpc.endpoints.list.queryOptions(where), enabled })
  const experiments = useQuery({ ...trpc.experiments.list.queryOptions(where), enabled })
  const runs = useQueries({
    queries: (experiments.data?.items ?? [])
      .slice(0, shownExperiments)
      .map((one) => trpc.runs.search.queryOptions({ ...where, experimentId: one.id, limit: shownRuns })),
  })
  const name = where.workspace
  return {
    loading: enabled && (jobs.isPending || models.isPending || endpoints.isPending || experiments.isPending),
    groups: [
      {
        heading: 'Jobs',
        items: (jobs.data?.items ?? []).map((job) => ({
          id: `job ${job.uid}`,
          label: job.name,
          hint: job.status.status,
          icon: <Wrench />,
          keywords: ['job'],
          href: paths.job(name, job.uid),
        })),
      },
      {
        heading: 'Experiments and runs',
        items: [
          ...(experiments.data?.items ?? []).map((one) => ({
            id: `experiment ${one.id}`,
            label: one.name,
            hint: 'experiment',
            icon: <FlaskConical />,
            href: paths.experiment(name, one.id),
          })),
          ...runs
            .flatMap((query) => query.data?.items ?? [])
            .map((run) => ({
              id: `run ${run.id}`,
              label: run.name,
              hint: 'run',
              icon: <FlaskConical />,
              href: paths.run(name, run.experimentId, run.id),
            })),
        ],
      },
      {
        heading: 'Models',
        items: (models.data?.items ?? []).map((model) => ({
          id: `model ${model.name}`,
          label: model.name,
          icon: <Boxes />,
          keywords: ['model'],
          href: paths.model(name, model.name),
        })),
      },
      {
        heading: 'Endpoints',
        items: (endpoints.data?.items ?? []).map((one) => ({
          id: `endpoint ${one.name}`,
          label: one.name,
          hint: one.status.status,
          icon: <Radio />,
          keywords: ['endpoint'],
          href: paths.endpoint(name, one.name),
        })),
      },
    ],
  }
}
