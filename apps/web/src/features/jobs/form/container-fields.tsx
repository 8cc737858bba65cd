'use client'
import type { JobOffer } from '@keelson/contracts/training'
import { Button } from '@keelson/ui/button'
import { Field, Input, Textarea } from '@keelson/ui/input'
import { Select } from '@keelson/ui/select'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { PairRows, variableSides } from '@/view/pair-rows.tsx'
import type { Runs, TypeDraft, Variable, Volume } from './draft.ts'
import { isPiece } from './places.ts'
import type { TypeChange } from './write-draft.ts'

type Props = { type: TypeDraft; offer: JobOffer; onChange: (change: TypeChange) => void }

const ways: readonly (readonly [Runs['how'], string])[] = [
  ['python', 'a Python script'],
  ['shell', 'a shell script'],
  ['words', 'a command'],
  ['image', 'what the image starts'],
]
const textHints: Partial<Record<Runs['how'], string>> = {
  words: 'One word on each line: the program, then its arguments.',
}

/** What was typed, while it means what the YAML says: an empty line at the end of a command is no word yet. */
function useTyped(value: string): { shown: string; type: (text: string) => void } {
  const [typed, type] = useState(value)
  const words = (text: string) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .join('\n')
  return { shown: words(typed) === words(value) ? typed : value, type }
}

/** The container that counts of one replica type. */
export function ContainerFields({ type, offer, onChange }: Props) {
  const { runs } = type
  const script = useTyped(runs.text)
  return (
    <>
      <Field id="job-image" label="Image" hint="One of the image table, or any that the cluster can pull.">
        <Input
          id="job-image"
          list="job-images"
          value={type.image}
          autoComplete="off"
          onChange={(event) => onChange({ image: event.target.value })}
        />
        <datalist id="job-images">
          {offer.images.map((image) => (
            <option key={image} value={image} />
          ))}
        </datalist>
      </Field>
      <Field id="job-how" label="Runs">
        <Select
          id="job-how"
          value={runs.how}
          onChange={({ target: { value } }) => {
            const how = ways.find(([way]) => way === value)?.[0] ?? 'image'
            onChange({ runs: { how, text: how === 'image' ? '' : runs.text || 'true' } })
          }}
        >
          {ways.map(([how, label]) => (
            <option key={how} value={how}>
              {label}
            </option>
          ))}
        </Select>
      </Field>
      {runs.how === 'image' ? null : (
        <Field id="job-script" label={runs.how === 'words' ? 'Command' : 'Script'} hint={textHints[runs.how]}>
          <Textarea
            id="job-script"
            rows={Math.min(14, Math.max(4, runs.text.split('\n').length + 1))}
            spellCheck={false}
            className="font-mono text-xs"
            value={script.shown}
            onChange={({ target: { value } }) => {
              script.type(value)
              onChange({ runs: { how: runs.how, text: value } })
            }}
          />
        </Field>
      )}
      <ResourceFields type={type} offer={offer} onChange={onChange} />
      <Variables variables={type.variables} onChange={(variables) => onChange({ variables })} />
      <label className="flex items-center gap-2 text-[13px]">
        <input
          type="checkbox"
          className="size-3.5 accent-(--accent)"
          checked={type.hasClients}
          onChange={(event) => onChange({ hasClients: event.target.checked })}
        />
        Clients find the platform by themselves (mlflow and others need no address and no secret)
      </label>
      <Volumes volumes={type.volumes} claims={offer.claims} onChange={(volumes) => onChange({ volumes })} />
      <Field id="job-account" label="Runs as" hint="A service account of the workspace; default-editor may log runs.">
        <Input
          id="job-account"
          value={type.serviceAccount}
          placeholder="default"
          autoComplete="off"
          onChange={(event) => onChange({ serviceAccount: event.target.value })}
        />
      </Field>
    </>
  )
}

function ResourceFields({ type, offer, onChange }: Props) {
  const devices = [...new Set([...offer.resources.filter(isPiece), ...(type.device ? [type.device] : [])])]
  const device = type.device || devices[0] || ''
  return (
    <div className="grid items-start gap-4 sm:grid-cols-2">
      <Field id="job-cpu" label="CPU" hint="Cores of each replica: 0.5, 2, 500m">
        <Input id="job-cpu" value={type.cpu} onChange={(event) => onChange({ cpu: event.target.value })} />
      </Field>
      <Field id="job-memory" label="Memory" hint="512Mi, 4Gi">
        <Input id="job-memory" value={type.memory} onChange={(event) => onChange({ memory: event.target.value })} />
      </Field>
      {devices.length > 0 ? (
        <>
          <Field id="job-device" label="GPU or other device">
            <Select
              id="job-device"
              value={device}
              onChange={(event) => onChange({ device: { name: event.target.value, count: type.devices } })}
            >
              {devices.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </Select>
          </Field>
          <Field id="job-devices" label="How many">
            <Input
              id="job-devices"
              inputMode="numeric"
              value={type.devices}
              placeholder="none"
              onChange={(event) => onChange({ device: { name: device, count: event.target.value.trim() } })}
            />
          </Field>
        </>
      ) : (
        <p className="text-xs text-fg-subtle sm:col-span-2">No node of this cluster has a GPU.</p>
      )}
    </div>
  )
}

function Variables({ variables, onChange }: { variables: readonly Variable[]; onChange: (all: Variable[]) => void }) {
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 text-[13px] font-medium">Environment</legend>
      <PairRows
        what="variable"
        sides={variableSides}
        pairs={variables.map(({ name, value }) => [name, value])}
        onChange={(pairs) => onChange(pairs.map(([name, value]) => ({ name, value })))}
      />
      <span>
        <Button size="sm" onClick={() => onChange([...variables, { name: '', value: '' }])}>
          <Plus /> Add a variable
        </Button>
      </span>
    </fieldset>
  )
}

type VolumesProps = { volumes: readonly Volume[]; claims: readonly string[]; onChange: (all: Volume[]) => void }

const volumeSides = [
  { label: 'Claim', placeholder: 'claim', list: 'job-claims' },
  { label: 'Path', placeholder: '/data' },
] as const

function Volumes({ volumes, claims, onChange }: VolumesProps) {
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 text-[13px] font-medium">Volumes</legend>
      <datalist id="job-claims">
        {claims.map((claim) => (
          <option key={claim} value={claim} />
        ))}
      </datalist>
      <PairRows
        what="volume"
        sides={volumeSides}
        pairs={volumes.map(({ claim, mountPath }) => [claim, mountPath])}
        onChange={(pairs) => onChange(pairs.map(([claim, mountPath]) => ({ claim, mountPath })))}
      />
      <span>
        <Button size="sm" onClick={() => onChange([...volumes, { claim: claims[0] ?? '', mountPath: '/data' }])}>
          <Plus /> Add a volume
        </Button>
      </span>
    </fieldset>
  )
}
