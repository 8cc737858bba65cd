import type { Stage } from '@keelson/contracts/registry'
import type { Db } from '@keelson/db'
import {
  asMs,
  type Clause,
  numberCondition,
  type Ordering,
  type Pair,
  pairCondition,
  SqlParameters,
  textCondition,
} from '../experiments/index.ts'
import { promptTag, type RegistryModel, type RegistryVersion } from './registry-entity.ts'

type VersionRow = {
  model_key: string
  model: string
  workspace: string
  version: number
  stage: Stage
  status: RegistryVersion['status']
  status_message: string | null
  description: string
  source: string
  storage_uri: string
  run_id: string | null
  logged_model_id: string | null
  run_link: string | null
  created_by: string
  created_ms: number
  updated_ms: number
  tags: Record<string, string>
  aliases: string[] | null
}

const versionColumns = `v.model_id::text as model_key, m.name as model, m.workspace, v.version, v.stage, v.status, v.status_message, v.description,
  v.source, v.storage_uri, v.run_id, v.logged_model_id, v.run_link, v.created_by, ${asMs('v.created_at')} as created_ms,
  ${asMs('v.updated_at')} as updated_ms, v.tags,
  (select json_agg(a.alias order by a.alias) from model_alias a where a.model_id = v.model_id and a.version = v.version) as aliases`
const fromVersions = 'from model_version v join registered_model m on m.id = v.model_id'

function pairsOf(tags: Record<string, string>): Pair[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }))
}

function toVersion(row: VersionRow): RegistryVersion {
  return {
    modelKey: row.model_key,
    model: row.model,
    workspace: row.workspace,
    version: row.version,
    stage: row.stage,
    status: row.status,
    statusMessage: row.status_message,
    description: row.description,
    source: row.source,
    storageUri: row.storage_uri === '' ? row.source : row.storage_uri,
    runId: row.run_id,
    modelId: row.logged_model_id,
    runLink: row.run_link,
    createdBy: row.created_by,
    createdAtMs: row.created_ms,
    updatedAtMs: row.updated_ms,
    tags: pairsOf(row.tags),
    aliases: row.aliases ?? [],
  }
}

type ModelRow = {
  key: string
  name: string
  workspace: string
  description: string
  created_ms: number
  updated_ms: number
  tags: Record<string, string>
  aliases: [string, number][] | null
}

const modelColumns = `m.id::text as key, m.name, m.workspace, m.description, ${asMs('m.created_at')} as created_ms, ${asMs('m.updated_at')} as updated_ms,
  m.tags, (select json_agg(json_build_array(a.alias, a.version) order by a.alias) from model_alias a where a.model_id = m.id) as aliases`

async function withLatest(db: Db, rows: readonly ModelRow[]): Promise<RegistryModel[]> {
  const latest = await latestVersions(
    db,
    rows.map((row) => row.key),
  )
  return rows.map((row) => ({
    key: row.key,
    name: row.name,
    workspace: row.workspace,
    description: row.description,
    createdAtMs: row.created_ms,
    updatedAtMs: row.updated_ms,
    tags: pairsOf(row.tags),
    aliases: (row.aliases ?? []).map(([alias, version]) => ({ alias, version })),
    latestVersions: latest.filter((version) => version.modelKey === row.key),
  }))
}

/** The newest version of each stage of these models. */
async function latestVersions(db: Db, keys: readonly string[]): Promise<RegistryVersion[]> {
  if (keys.length === 0) return []
  const rows = await db.query<VersionRow>(
    `select distinct on (v.model_id, v.stage) ${versionColumns} ${fromVersions}
     where v.model_id = any($1::uuid[]) order by v.model_id, v.stage, v.version desc`,
    `{${keys.join(',')}}`,
  )
  return rows.map(toVersion).sort((a, b) => a.version - b.version)
}

export async function findModel(db: Db, workspace: string, name: string): Promise<RegistryModel | null> {
  const rows = await db.query<ModelRow>(
    `select ${modelColumns} from registered_model m where m.workspace = $1 and m.name = $2`,
    workspace,
    name,
  )
  return (await withLatest(db, rows))[0] ?? null
}

/** The key of a model, its row locked until the transaction ends: versions, stages and aliases change one at a time. */
export async function lockModel(db: Db, workspace: string, name: string): Promise<string | null> {
  const rows = await db.query<{ key: string }>(
    'select id::text as key from registered_model where workspace = $1 and name = $2 for update',
    workspace,
    name,
  )
  return rows[0]?.key ?? null
}

/** False when the name is taken. */
export async function insertModel(
  db: Db,
  model: { workspace: string; name: string; description: string; tags: readonly Pair[]; at: Date },
): Promise<boolean> {
  const rows = await db.query(
    `insert into registered_model (id, workspace, name, description, tags, created_at, updated_at)
     values (gen_random_uuid(), $1, $2, $3, $4::jsonb, $5::timestamptz, $5::timestamptz) on conflict (workspace, name) do nothing returning id::text`,
    model.workspace,
    model.name,
    model.description,
    JSON.stringify(Object.fromEntries(model.tags.map(({ key, value }) => [key, value]))),
    model.at.toISOString(),
  )
  return rows.length > 0
}

/** Each part is optional. Throws a unique violation for a name that is taken. */
export async function updateModelRow(
  db: Db,
  key: string,
  change: { name?: string; description?: string; tags?: readonly Pair[]; dropTag?: string; at?: Date },
): Promise<void> {
  await db.query(
    `update registered_model set name = coalesce($2, name), description = coalesce($3, description),
       tags = (tags || $4::jsonb) - coalesce($5, ''), updated_at = coalesce($6::timestamptz, updated_at) where id = $1::uuid returning id::text`,
    key,
    change.name ?? null,
    change.description ?? null,
    JSON.stringify(Object.fromEntries((change.tags ?? []).map((tag) => [tag.key, tag.value]))),
    change.dropTag ?? null,
    change.at?.toISOString() ?? null,
  )
}

export async function touchVersions(db: Db, key: string, at: Date): Promise<void> {
  await db.query(
    'update model_version set updated_at = $2::timestamptz where model_id = $1::uuid returning version',
    key,
    at.toISOString(),
  )
}

export async function deleteModelRow(db: Db, key: string): Promise<void> {
  await db.query('delete from registered_model where id = $1::uuid returning id::text', key)
}

export type NewVersion = {
  modelKey: string
  description: string
  source: string
  storageUri: string
  runId: string | null
  modelId: string | null
  runLink: string | null
  createdBy: string
  tags: readonly Pair[]
  at: Date
}

/** Inserts the next version: one above the highest ever given. The model's row must be locked. */
export async function insertVersion(db: Db, version: NewVersion): Promise<number> {
  const rows = await db.query<{ version: number }>(
    `with next as (
       update registered_model set last_version = last_version + 1, updated_at = $10::timestamptz where id = $1::uuid returning last_version)
     insert into model_version (model_id, version, description, source, storage_uri, run_id, logged_model_id, run_link, created_by, tags, created_at, updated_at)
     select $1::uuid, next.last_version, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10::timestamptz, $10::timestamptz from next returning version`,
    version.modelKey,
    version.description,
    version.source,
    version.storageUri,
    version.runId,
    version.modelId,
    version.runLink,
    version.createdBy,
    JSON.stringify(Object.fromEntries(version.tags.map(({ key, value }) => [key, value]))),
    version.at.toISOString(),
  )
  return rows[0]?.version ?? 0
}

export async function findVersion(
  db: Db,
  workspace: string,
  name: string,
  version: number,
): Promise<RegistryVersion | null> {
  const rows = await db.query<VersionRow>(
    `select ${versionColumns} ${fromVersions} where m.workspace = $1 and m.name = $2 and v.version = $3::int`,
    workspace,
    name,
    version,
  )
  return rows[0] === undefined ? null : toVersion(rows[0])
}

export async function updateVersionRow(
  db: Db,
  key: string,
  version: number,
  change: { description?: string; stage?: Stage; tags?: readonly Pair[]; dropTag?: string; at?: Date },
): Promise<void> {
  await db.query(
    `update model_version set description = coalesce($3, description), stage = coalesce($4, stage),
       tags = (tags || $5::jsonb) - coalesce($6, ''), updated_at = coalesce($7::timestamptz, updated_at)
     where model_id = $1::uuid and version = $2::int returning version`,
    key,
    version,
    change.description ?? null,
    change.stage ?? null,
    JSON.stringify(Object.fromEntries((change.tags ?? []).map((tag) => [tag.key, tag.value]))),
    change.dropTag ?? null,
    change.at?.toISOString() ?? null,
  )
}

/** Moves all other versions of a stage to Archived; returns their numbers. */
export async function archiveOthers(db: Db, key: string, stage: Stage, except: number, at: Date): Promise<number[]> {
  const rows = await db.query<{ version: number }>(
    `update model_version set stage = 'Archived', updated_at = $4::timestamptz
     where model_id = $1::uuid and stage = $2 and version <> $3::int returning version`,
    key,
    stage,
    except,
    at.toISOString(),
  )
  return rows.map((row) => row.version)
}

/** Deletes a version and its aliases; its number is not given again. */
export async function deleteVersionRow(db: Db, key: string, version: number): Promise<void> {
  await db.query(
    'delete from model_alias where model_id = $1::uuid and version = $2::int returning alias',
    key,
    version,
  )
  await db.query(
    'delete from model_version where model_id = $1::uuid and version = $2::int returning version',
    key,
    version,
  )
}

export async function upsertAlias(db: Db, key: string, alias: string, version: number): Promise<void> {
  await db.query(
    `insert into model_alias (model_id, alias, version) values ($1::uuid, $2, $3::int)
     on conflict (model_id, alias) do update set version = excluded.version returning alias`,
    key,
    alias,
    version,
  )
}

export async function deleteAliasRow(db: Db, key: string, alias: string): Promise<void> {
  await db.query('delete from model_alias where model_id = $1::uuid and alias = $2 returning alias', key, alias)
}

/** True when a filter asks for prompts; without that, searches show models only. */
function asksForPrompts(clauses: readonly Clause[]): boolean {
  const clause = clauses.find((entry) => entry.type === 'tag' && entry.key === promptTag)
  if (clause === undefined) return false
  const value = String(clause.value).toLowerCase()
  return (clause.comparator === '=' && value === 'true') || (clause.comparator === '!=' && value === 'false')
}

export type RegistrySearch = {
  workspace: string
  clauses: readonly Clause[]
  order: readonly Ordering[]
  offset: number
  limit: number
}

export async function searchModelRows(db: Db, search: RegistrySearch): Promise<RegistryModel[]> {
  const sql = new SqlParameters()
  const prompts = asksForPrompts(search.clauses)
  const where = [`m.workspace = ${sql.add(search.workspace)}`]
  if (!prompts) where.push(`coalesce(m.tags ->> '${promptTag}', 'false') <> 'true'`)
  for (const clause of search.clauses) {
    if (clause.type !== 'tag') where.push(textCondition('m.name', clause, sql))
    else if (prompts || clause.key !== promptTag)
      where.push(pairCondition('jsonb_each_text(m.tags) as p(key, value) where true', clause, sql))
  }
  const order = search.order.map(
    (entry) => `${entry.key === 'name' ? 'm.name collate "C"' : 'm.updated_at'} ${entry.ascending ? 'asc' : 'desc'}`,
  )
  if (!search.order.some((entry) => entry.key === 'name')) order.push('m.name collate "C" asc')
  const rows = await db.query<ModelRow>(
    `select ${modelColumns} from registered_model m where ${where.join(' and ')} order by ${order.join(', ')}
     limit ${sql.add(search.limit)}::int offset ${sql.add(search.offset)}::int`,
    ...sql.values,
  )
  return withLatest(db, rows)
}

const versionOrder: Readonly<Record<string, string>> = {
  name: 'm.name collate "C"',
  version_number: 'v.version',
  creation_timestamp: 'v.created_at',
  last_updated_timestamp: 'v.updated_at',
}

export async function searchVersionRows(db: Db, search: RegistrySearch): Promise<RegistryVersion[]> {
  const sql = new SqlParameters()
  const prompts = asksForPrompts(search.clauses)
  const where = [`m.workspace = ${sql.add(search.workspace)}`]
  if (!prompts) where.push(`coalesce(m.tags ->> '${promptTag}', 'false') <> 'true'`)
  for (const clause of search.clauses) {
    if (clause.type === 'tag') {
      if (prompts || clause.key !== promptTag)
        where.push(pairCondition('jsonb_each_text(v.tags) as p(key, value) where true', clause, sql))
    } else if (clause.key === 'version_number') where.push(numberCondition('v.version', clause, sql))
    else
      where.push(
        textCondition(
          { name: 'm.name', run_id: 'v.run_id', source_path: 'v.source' }[clause.key] ?? 'm.name',
          clause,
          sql,
        ),
      )
  }
  const asked =
    search.order.length > 0
      ? search.order
      : [{ type: 'attribute', key: 'last_updated_timestamp', ascending: false } as const]
  const order = asked.map((entry) => `${versionOrder[entry.key]} ${entry.ascending ? 'asc' : 'desc'}`)
  if (!asked.some((entry) => entry.key === 'name')) order.push('m.name collate "C" asc')
  if (!asked.some((entry) => entry.key === 'version_number')) order.push('v.version desc')
  const rows = await db.query<VersionRow>(
    `select ${versionColumns} ${fromVersions} where ${where.join(' and ')} order by ${order.join(', ')}
     limit ${sql.add(search.limit)}::int offset ${sql.add(search.offset)}::int`,
    ...sql.values,
  )
  return rows.map(toVersion)
}

/** All versions of a model, newest first. */
export async function listVersionRows(db: Db, key: string): Promise<RegistryVersion[]> {
  const rows = await db.query<VersionRow>(
    `select ${versionColumns} ${fromVersions} where v.model_id = $1::uuid order by v.version desc`,
    key,
  )
  return rows.map(toVersion)
}
