/** Objects of any kind, written as the person: the cluster decides, and what was written leaves an audit row. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type {
  CreateObject,
  DeleteObject,
  MadeObject,
  RebasedObject,
  RebaseObject,
  UpdateObject,
  UpdateOutcome,
} from '@keelson/contracts/objects'
import type { ApiKind, KubeApi } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import { changesOf, merge } from './changes.rules.ts'
import { editableOf, etagOf, isSecret, masked, unmasked, writableOf } from './editable.rules.ts'
import { withNamedFields } from './faults.rules.ts'
import { asObject, findKind, kindOfText, placeOf, shownKind } from './find-kind.ts'
import { shownText } from './get-object.ts'
import { lastChange } from './last-change.store.ts'
import { fault, parseMapping, toYaml } from './yaml.rules.ts'

/** The field manager of what the platform's editor writes. */
const editorManager = 'keelson-editor'
/** The object's controller may write its status between our read and our write, again and again. */
const mostTries = 5
/** Of a large change the audit trail keeps the beginning. */
const keptChanges = 50
const keptCharacters = 500

/**
 * Replaces an object by a person's text, or with `dryRun` asks what the server would make of it. A text that was made from
 * another version is `stale`: nothing is written, and the answer holds the object as it is now.
 */
export async function updateObject(ctx: Ctx, input: UpdateObject): Promise<UpdateOutcome> {
  const { workspace, dryRun } = input
  const api = asActor(ctx)
  const kind = await findKind(api, workspace, input)
  const wanted = textOf(input.yaml, kind, workspace, input.name)
  if (dryRun) return named(ctx, kind, input, (await attempt(api, kind, wanted, input)).outcome)
  return inTransaction(ctx, async (tx) => {
    // With the transaction open before the write, a database that is away refuses before anything happened.
    await tx.db.query('select 1 as ready')
    const { outcome, changes } = await attempt(api, kind, wanted, input)
    if (changes.length > 0 && outcome.outcome === 'made')
      await record(tx, workspace, 'objects.update', kind, outcome.name, { changes })
    return named(tx, kind, input, outcome)
  })
}

/** Of what was written here, the person's name says more than that of the client. */
async function named(ctx: Ctx, kind: ApiKind, input: UpdateObject, outcome: UpdateOutcome): Promise<UpdateOutcome> {
  if (outcome.outcome !== 'stale' || !outcome.by?.includes(editorManager)) return outcome
  const actor = await lastChange.findActor(ctx.db, input.workspace, subjectOf(kind, input.name))
  return actor === null ? outcome : { ...outcome, by: outcome.by.replace(editorManager, () => actor) }
}

async function attempt(
  api: KubeApi,
  kind: ApiKind,
  wanted: KubeObject,
  input: UpdateObject,
): Promise<{ outcome: UpdateOutcome; changes: unknown[] }> {
  const ref = { ...placeOf(kind, input.workspace), name: input.name }
  for (let tries = 1; ; tries += 1) {
    const live = await api.get<KubeObject>(kind, ref)
    const etag = etagOf(live, kind)
    const before = toYaml(shownText(live, kind, input.reveal))
    if (etag !== input.etag)
      return { outcome: { outcome: 'stale', live: before, etag, by: lastWriter(live) }, changes: [] }
    const own = writableOf(isSecret(kind) ? unmasked(wanted, live) : wanted, live, kind)
    try {
      const { object, warnings } = await api.write(kind, own, { method: 'replace', dryRun: input.dryRun })
      const after = toYaml(shownText(object, kind, input.reveal, live))
      const made = { before, after, etag: etagOf(object, kind), warnings, dryRun: input.dryRun }
      return {
        outcome: { outcome: 'made', ...nameOf(kind, object), ...made },
        changes: auditedChanges(kind, live, object),
      }
    } catch (error) {
      if (error instanceof AppError && error.code === 'conflict' && tries < mostTries) continue
      throw withNamedFields(error)
    }
  }
}

/** Creates the one object of a text, or with `dryRun` asks what the server would make of it. */
export async function createObject(ctx: Ctx, input: CreateObject): Promise<MadeObject> {
  const { workspace, dryRun } = input
  const api = asActor(ctx)
  const text = parseMapping(input.yaml)
  const kind = await kindOfText(api, text)
  if (workspace !== null && !kind.namespaced)
    throw fault('kind', `${kind.kind} objects are the whole cluster's: create them under Administration, Objects.`)
  const wanted = inPlace(editableOf(asObject(text), kind), kind, workspace)
  const make = async () => {
    try {
      return await api.write(kind, wanted, { method: 'create', dryRun })
    } catch (error) {
      throw withNamedFields(error)
    }
  }
  const answer = ({ object, warnings }: { object: KubeObject; warnings: string[] }): MadeObject => ({
    outcome: 'made',
    dryRun,
    ...nameOf(kind, object),
    before: '',
    after: toYaml(shownText(object, kind, true)),
    etag: etagOf(object, kind),
    warnings,
  })
  if (dryRun) return answer(await make())
  return inTransaction(ctx, async (tx) => {
    await tx.db.query('select 1 as ready')
    const made = await make()
    const { namespace, name = '', uid } = made.object.metadata
    const changes = auditedChanges(kind, null, made.object)
    await record(tx, namespace ?? null, 'objects.create', kind, name, { uid, changes })
    return answer(made)
  })
}

/** A person's changes put onto the object as it is now; writes nothing. */
export async function rebaseObject(ctx: Ctx, input: RebaseObject): Promise<RebasedObject> {
  const { workspace, name } = input
  const api = asActor(ctx)
  const kind = await findKind(api, workspace, input)
  const object = await api.get<KubeObject>(kind, { ...placeOf(kind, workspace), name })
  const live = shownText(object, kind, input.reveal)
  const base = parseMapping(input.base)
  const mine = parseMapping(input.yaml)
  const merged = merge(base, mine, live)
  // Behind a mask nobody sees whether the other one changed the value, too.
  const hidden =
    isSecret(kind) && !input.reveal
      ? changesOf(base.data, mine.data, 'data').filter(({ before }) => before !== undefined)
      : []
  return {
    yaml: toYaml(merged.value),
    live: toYaml(live),
    etag: etagOf(object, kind),
    clashes: [...new Set([...merged.clashes, ...hidden.map(({ path }) => path)])],
  }
}

/** Deletes this very object (a namesake is safe by `uid`), and what it owns after it. */
export async function deleteObject(ctx: Ctx, input: DeleteObject): Promise<void> {
  const { workspace, name, uid } = input
  const api = asActor(ctx)
  const kind = await findKind(api, workspace, input)
  await inTransaction(ctx, async (tx) => {
    await record(tx, workspace, 'objects.delete', kind, name, { uid })
    await api.delete(kind, { ...placeOf(kind, workspace), name }, { uid, propagation: 'Background' })
  })
}

/** The text as this object: another name, kind or namespace would be another object. */
function textOf(yaml: string, kind: ApiKind, workspace: string | null, name: string): KubeObject {
  const text = asObject(parseMapping(yaml))
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
  const other = 'It cannot be changed: create another object instead.'
  if (text.apiVersion !== apiVersion) throw fault('apiVersion', `apiVersion is ${apiVersion}. ${other}`)
  if (text.kind !== kind.kind) throw fault('kind', `kind is ${kind.kind}. ${other}`)
  if (text.metadata.name !== name) throw fault('metadata.name', `The name is ${name}. ${other}`)
  return inPlace(text, kind, workspace)
}

function inPlace(object: KubeObject, kind: ApiKind, workspace: string | null): KubeObject {
  const { namespace } = object.metadata
  if (!kind.namespaced) {
    if (namespace !== undefined) throw fault('metadata.namespace', `${kind.kind} objects have no namespace.`)
    return object
  }
  if (workspace === null) {
    if (typeof namespace !== 'string') throw fault('metadata.namespace', `Say the namespace of this ${kind.kind}.`)
    return object
  }
  if (namespace !== undefined && namespace !== workspace)
    throw fault(
      'metadata.namespace',
      `It is for namespace ${String(namespace)}, not for this workspace (${workspace}).`,
    )
  return { ...object, metadata: { ...object.metadata, namespace: workspace } }
}

function nameOf(kind: ApiKind, { metadata }: KubeObject): Pick<MadeObject, 'kind' | 'name' | 'namespace'> {
  return { kind: shownKind(kind), name: metadata.name ?? '', namespace: metadata.namespace ?? null }
}

/** Who wrote last, by the managed fields' own times. They count whole seconds: of several in one, all are named. */
function lastWriter({ metadata }: KubeObject): string | null {
  const entries = (metadata.managedFields ?? []) as { manager?: string; time?: string; subresource?: string }[]
  const own = entries.filter(({ subresource }) => subresource === undefined)
  const latest = own
    .map(({ time = '' }) => time)
    .sort()
    .at(-1)
  const managers = own.filter(({ time = '' }) => time === latest).map(({ manager = '' }) => manager)
  return [...new Set(managers)].join(' or ') || null
}

/** What changed, without a Secret's values, and not without end. */
function auditedChanges(kind: ApiKind, live: KubeObject | null, made: KubeObject): unknown[] {
  const old = live === null ? undefined : editableOf(live, kind)
  const now = editableOf(made, kind)
  const isHidden = isSecret(kind)
  const changes = changesOf(
    isHidden && old !== undefined ? masked(old) : (old ?? {}),
    isHidden ? masked(now, old ?? now) : now,
  )
  const short = (value: unknown) => {
    const text = JSON.stringify(value)
    return text.length <= keptCharacters ? value : `${text.slice(0, keptCharacters)}…`
  }
  return changes.slice(0, keptChanges).map(({ path, before, after }) => ({
    path,
    ...(before === undefined ? {} : { before: short(before) }),
    ...(after === undefined ? {} : { after: short(after) }),
  }))
}

const subjectOf = (kind: ApiKind, name: string) => `${kind.kind}/${name}`

async function record(
  tx: Ctx,
  workspace: string | null,
  action: 'objects.create' | 'objects.update' | 'objects.delete',
  kind: ApiKind,
  name: string,
  facts: Record<string, unknown>,
): Promise<void> {
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
  const said = { apiVersion, kind: kind.kind, plural: kind.plural, ...facts }
  await recordAudit(tx, {
    workspace,
    action,
    subject: subjectOf(kind, name),
    ...(action === 'objects.delete' ? { before: said, after: { kind: kind.kind } } : { after: said }),
  })
  await tx.db.publish({ workspace, topic: 'activity', id: null })
}
