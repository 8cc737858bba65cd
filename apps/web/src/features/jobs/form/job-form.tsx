'use client'
import type { JobOffer } from '@keelson/contracts/training'
import { frameworkOf, trainingFrameworks } from '@keelson/contracts/training-frameworks'
import { Button } from '@keelson/ui/button'
import { Panel } from '@keelson/ui/card'
import { Field, Input } from '@keelson/ui/input'
import { Select } from '@keelson/ui/select'
import { Tabs } from '@keelson/ui/tabs'
import { useQuery } from '@tanstack/react-query'
import { TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { jobYaml, trainingYaml } from '@/features/snippets.ts'
import { UseSummary } from '@/features/use/index.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { ContainerFields } from './container-fields.tsx'
import type { Draft, TypeDraft } from './draft.ts'
import { PolicyFields } from './policy-fields.tsx'
import { copyToAll, setName, setReplicas, setType, toKind } from './write-draft.ts'

const nothing: JobOffer = { images: [], claims: [], resources: [] }

type Props = {
  workspace: string
  draft: Draft | { fault: string }
  yaml: string
  onWrite: (yaml: string) => void
}

/** Every field is read from the YAML and written into it. */
export function JobForm({ workspace, draft, yaml, onWrite }: Props) {
  const trpc = useTRPC()
  const offer = useQuery(trpc.jobs.offer.queryOptions({ workspace })).data ?? nothing
  if ('fault' in draft)
    return (
      <Panel title="Form">
        <p role="status" className="text-[13px] text-fg-muted">
          {draft.fault}
        </p>
      </Panel>
    )
  const parts = { workspace, draft, yaml, onWrite }
  return (
    <div className="grid gap-4">
      <Beyond paths={draft.beyond} />
      <Panel title="Kind and name">
        <KindFields {...parts} />
      </Panel>
      <Panel title={draft.kind === 'Job' ? 'Pods' : 'Replicas'}>
        <ReplicaFields {...parts} />
      </Panel>
      <Panel title="What they run">
        <TypeTabs {...parts} offer={offer} />
      </Panel>
      <Panel title="Quota">
        <UseSummary workspace={workspace} />
      </Panel>
      <Panel title="Run policy">
        <PolicyFields {...parts} />
      </Panel>
    </div>
  )
}

export type FormParts = { workspace: string; draft: Draft; yaml: string; onWrite: (yaml: string) => void }

function Beyond({ paths }: { paths: readonly string[] }) {
  if (paths.length === 0) return null
  return (
    <section aria-label="Beyond the form" className="rounded-lg border border-line bg-surface px-4 py-3 text-[13px]">
      <p className="flex items-center gap-2 font-medium">
        <TriangleAlert aria-hidden className="size-4 text-warning" />
        The YAML holds more than this form shows. It stays as it is:
      </p>
      <ul className="mt-1 flex flex-wrap gap-x-3 gap-y-0.5 pl-6 font-mono text-xs text-fg-muted">
        {paths.map((path) => (
          <li key={path} className="break-all">
            {path}
          </li>
        ))}
      </ul>
    </section>
  )
}

function KindFields({ workspace, draft, yaml, onWrite }: FormParts) {
  const choose = (kind: string) => {
    const framework = frameworkOf(kind)
    onWrite(toKind(framework ? trainingYaml(workspace, framework) : jobYaml(workspace), draft))
  }
  return (
    <div className="grid items-start gap-4 sm:grid-cols-2">
      <Field id="job-kind" label="Kind">
        <Select id="job-kind" value={draft.kind} onChange={(event) => choose(event.target.value)}>
          <option value="Job">Job: one container to its end</option>
          {trainingFrameworks.map((framework) => (
            <option key={framework.kind} value={framework.kind}>
              {framework.kind}: {framework.title}, replicas that find each other
            </option>
          ))}
        </Select>
      </Field>
      <Field id="job-name" label="Name">
        <Input
          id="job-name"
          value={draft.name}
          autoComplete="off"
          onChange={(event) => onWrite(setName(yaml, event.target.value))}
        />
      </Field>
    </div>
  )
}

const restarts: Readonly<Record<string, readonly string[]>> = {
  Job: ['Never', 'OnFailure'],
  other: ['Never', 'OnFailure', 'Always', 'ExitCode'],
}

function ReplicaFields({ draft, yaml, onWrite }: FormParts) {
  const { kind, types } = draft
  const names = kind === 'Job' ? [''] : (frameworkOf(kind)?.replicaTypes ?? [])
  return (
    <div className="grid gap-4">
      {names.map((type) => {
        const present = types.find((one) => one.type === type)
        const title = type === '' ? 'At the same time' : `${type} replicas`
        return (
          <div key={type} className="grid items-start gap-4 sm:grid-cols-2">
            <Field
              id={`job-replicas-${type}`}
              label={title}
              hint={type === '' ? 'Pods of the job, by default 1' : undefined}
            >
              <Input
                id={`job-replicas-${type}`}
                inputMode="numeric"
                value={present?.replicas ?? ''}
                placeholder={present ? '1' : 'none'}
                onChange={(event) => onWrite(setReplicas(yaml, draft, type, event.target.value.trim()))}
              />
            </Field>
            {present ? (
              <Field id={`job-restart-${type}`} label={type === '' ? 'Restarts' : `Restarts of ${type}`}>
                <Select
                  id={`job-restart-${type}`}
                  value={present.restartPolicy}
                  onChange={(event) => onWrite(setType(yaml, kind, type, { restartPolicy: event.target.value }))}
                >
                  <option value="">{kind === 'Job' ? 'choose' : 'as the kind has it'}</option>
                  {(restarts[kind] ?? restarts.other ?? []).map((policy) => (
                    <option key={policy}>{policy}</option>
                  ))}
                </Select>
              </Field>
            ) : null}
          </div>
        )
      })}
    </div>
  )
}

function TypeTabs({ draft, yaml, onWrite, offer }: FormParts & { offer: JobOffer }) {
  const { kind, types } = draft
  const [chosen, choose] = useState('')
  const present = types.find(({ type }) => type === chosen) ?? types[0]
  if (!present) return <p className="text-[13px] text-fg-muted">No replica is asked for: give a number above.</p>
  const fields = (of: TypeDraft) => (
    <div className="grid gap-4">
      <ContainerFields type={of} offer={offer} onChange={(change) => onWrite(setType(yaml, kind, of.type, change))} />
      {types.length > 1 ? (
        <span>
          <Button size="sm" onClick={() => onWrite(copyToAll(yaml, draft, of))}>
            Use this for all types
          </Button>
        </span>
      ) : null}
    </div>
  )
  if (types.length === 1) return fields(present)
  return (
    <Tabs
      label="Replica type"
      value={present.type}
      onChange={choose}
      tabs={types.map((of) => ({ id: of.type, label: of.type, content: fields(of) }))}
    />
  )
}
