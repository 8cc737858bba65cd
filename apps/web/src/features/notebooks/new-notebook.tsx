'use client'
import type { Spawner } from '@keelson/contracts/notebooks'
import { Button } from '@keelson/ui/button'
import { Panel } from '@keelson/ui/card'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { Field, Input } from '@keelson/ui/input'
import { PermissionButton } from '@keelson/ui/permission-button'
import { toast } from '@keelson/ui/toast'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { useEffect, useState } from 'react'
import { notebookSnippets } from '@/features/snippets.ts'
import { UseSummary } from '@/features/use/index.ts'
import { useInstallation } from '@/shell/installation.tsx'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { useCan } from '@/view/can.ts'
import { KindNotice } from '@/view/kind-notice.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { paths } from '@/view/paths.ts'
import { ImageCards } from './image-cards.tsx'
import { ConfigurationFields, EnvironmentFields, SchedulingFields } from './more-fields.tsx'
import { SizeFields } from './size-fields.tsx'
import { faultsByField, formOf, initialState, type SpawnState } from './spawn-state.ts'
import { DataFields, HomeFields } from './volume-fields.tsx'

export function NewNotebook({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const spawner = useQuery({
    ...trpc.notebooks.spawner.queryOptions({ workspace }),
    // What is typed must not be lost to a newer answer.
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <>
      <PageHead title="New notebook" hint={`In ${workspace}, as you.`} />
      <KindNotice kind="Notebook" />
      <Loaded query={spawner}>{(offered) => <Spawn workspace={workspace} spawner={offered} />}</Loaded>
    </>
  )
}

/** The name in the draft while none is typed. */
const unnamed = 'my-notebook'

function Spawn({ workspace, spawner }: { workspace: string; spawner: Spawner }) {
  const trpc = useTRPC()
  const router = useRouter()
  const queryClient = useQueryClient()
  const { info } = useInstallation()
  const can = useCan(workspace)
  const [state, setState] = useState(() => initialState(spawner))
  const form = formOf(state, spawner)
  const drafted = useLate({ ...form, name: form.name || unnamed })
  const draft = useQuery({
    ...trpc.notebooks.draft.queryOptions({ workspace, form: drafted }),
    placeholderData: keepPreviousData,
    retry: false,
    enabled: can('spawnNotebook')?.allowed === true,
  })
  const spawn = useMutation(
    trpc.notebooks.spawn.mutationOptions({
      onSuccess: async ({ name }) => {
        toast.success(`${name} is being started.`)
        router.push(paths.notebook(workspace, name))
        await touch(queryClient, ['objects', 'activity'])
      },
    }),
  )
  const wrong = draft.error ? errorBodyOf(draft.error) : null
  const faults = faultsByField(wrong?.faults ?? [])
  const refused = spawn.error ? errorBodyOf(spawn.error) : null
  const parts = { state, spawner, faults, onChange: (change: Partial<SpawnState>) => setState({ ...state, ...change }) }
  return (
    <form
      className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(0,30rem)]"
      onSubmit={(event) => {
        event.preventDefault()
        spawn.mutate({ workspace, form })
      }}
    >
      <div className="grid gap-4">
        <Panel title="Name and image">
          <div className="grid gap-4">
            <Field id="spawn-name" label="Name" fault={state.name === '' ? undefined : faults.name}>
              <Input
                id="spawn-name"
                value={state.name}
                placeholder={unnamed}
                autoComplete="off"
                onChange={(event) => parts.onChange({ name: event.target.value })}
              />
            </Field>
            <ImageCards {...parts} />
          </div>
        </Panel>
        <Panel title="Size">
          <div className="grid gap-4">
            <SizeFields idPrefix="spawn" values={state} spawner={spawner} faults={faults} onChange={parts.onChange} />
            <UseSummary workspace={workspace} />
          </div>
        </Panel>
        <Panel title="Volumes">
          <div className="grid gap-4">
            <HomeFields {...parts} />
            <DataFields {...parts} />
          </div>
        </Panel>
        <Panel title="Configurations" hint="PodDefaults of the workspace">
          <ConfigurationFields {...parts} />
        </Panel>
        <Panel title="Environment">
          <EnvironmentFields {...parts} />
        </Panel>
        <Panel title="Scheduling and memory">
          <SchedulingFields {...parts} />
        </Panel>
      </div>
      <div className="grid gap-4 xl:sticky xl:top-16">
        <CodeSnippet
          snippets={[
            { label: 'YAML', code: draft.data?.yaml ?? '' },
            ...notebookSnippets(info.url, workspace, drafted),
          ]}
        />
        {wrong && Object.keys(faults).length === 0 ? <ErrorPanel error={wrong} /> : null}
        {refused ? <ErrorPanel error={refused} /> : null}
        <div className="flex justify-end gap-2">
          <Button asChild>
            <Link href={paths.notebooks(workspace)}>Cancel</Link>
          </Button>
          <PermissionButton
            type="submit"
            variant="primary"
            decision={can('spawnNotebook')}
            disabled={state.name === '' || wrong !== null || spawn.isPending}
          >
            Create
          </PermissionButton>
        </div>
      </div>
    </form>
  )
}

const settleMs = 250

/** The value after it has stood still for a moment, so that not every letter is a question. */
function useLate<T>(value: T): T {
  const text = JSON.stringify(value)
  const [late, setLate] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setLate(text), settleMs)
    return () => clearTimeout(timer)
  }, [text])
  return JSON.parse(late) as T
}
