/**
 * What is searched in Postgres, one row of the table per kind of thing: where it stands, what it is called, and the right that
 * lets somebody see it. The SQL here is ours alone; what was typed comes in as parameters (see search.store.ts).
 */
import type { VirtualResource } from '@keelson/contracts/access'
import type { SearchKind } from '@keelson/contracts/search-query'
import { promptTag } from '../registry/index.ts'

export type Source = {
  kind: SearchKind
  /** Whose list right it takes, asked once for each workspace; `operator` for what belongs to no workspace. */
  resource: VirtualResource | 'operator'
  from: string
  /** Which of its rows count. */
  where?: string
  workspace: string
  id: string
  name: string
  /** Another name by which it is found, and which stands for it as a whole. */
  key?: string
  /** What else it is found by: text in which words may stand. */
  details?: string
  status?: string
  at: string
  type?: string
  parent?: string
  /** The names of the newest of these forgive slips of the keyboard. */
  fuzzy?: boolean
}

const pairs = (table: string, owner: string) =>
  `(select string_agg(t.key || '=' || t.value, ' ') from ${table} t where ${owner} and t.key not like 'mlflow.%')`
const noPrompt = `coalesce(m.tags ->> '${promptTag}', 'false') <> 'true'`

export const sources: readonly Source[] = [
  {
    kind: 'run',
    resource: 'experiments',
    from: 'run r',
    where: `r.lifecycle_stage = 'active'`,
    workspace: 'r.workspace',
    id: 'r.id',
    key: 'r.id',
    name: 'r.name',
    status: 'r.status',
    at: 'to_timestamp(r.start_time_ms / 1000.0)',
    parent: 'r.experiment_id::text',
    fuzzy: true,
  },
  {
    kind: 'experiment',
    resource: 'experiments',
    from: 'experiment e',
    where: `e.lifecycle_stage = 'active'`,
    workspace: 'e.workspace',
    id: 'e.id::text',
    key: 'e.id::text',
    name: 'e.name',
    details: pairs('experiment_tag', 't.experiment_id = e.id'),
    at: 'e.updated_at',
    fuzzy: true,
  },
  {
    kind: 'model',
    resource: 'registeredmodels',
    from: 'registered_model m',
    where: noPrompt,
    workspace: 'm.workspace',
    id: 'm.name',
    name: 'm.name',
    details: `concat_ws(' ', m.description, m.tags::text)`,
    at: 'm.updated_at',
    fuzzy: true,
  },
  {
    kind: 'version',
    resource: 'registeredmodels',
    from: `model_version v join registered_model m on m.id = v.model_id`,
    where: noPrompt,
    workspace: 'm.workspace',
    id: 'v.version::text',
    key: 'v.run_id',
    name: `m.name || ' v' || v.version`,
    details: `concat_ws(' ', v.stage, v.description, v.tags::text,
      (select string_agg('@' || a.alias, ' ') from model_alias a where a.model_id = v.model_id and a.version = v.version))`,
    status: 'v.status',
    at: 'v.created_at',
    type: 'v.stage',
    parent: 'm.name',
  },
  {
    kind: 'job',
    resource: 'jobs',
    from: 'job j',
    workspace: 'j.workspace',
    id: 'j.uid',
    key: 'j.uid',
    name: 'j.name',
    details: `concat_ws(' ', j.kind, j.created_by)`,
    status: 'j.status',
    at: 'j.created_at',
    type: 'j.kind',
    fuzzy: true,
  },
  {
    kind: 'pod',
    resource: 'jobs',
    from: 'job_pod p',
    workspace: 'p.workspace',
    id: 'p.uid',
    key: 'p.uid',
    name: 'p.name',
    status: 'p.status',
    at: 'p.created_at',
    parent: 'p.job_uid',
  },
  {
    kind: 'endpoint',
    resource: 'endpoints',
    from: 'endpoint n',
    where: 'n.deleted_at is null',
    workspace: 'n.workspace',
    id: 'n.uid',
    key: 'n.uid',
    name: 'n.name',
    details: `concat_ws(' ', n.model, n.framework)`,
    status: 'n.status',
    at: 'n.created_at',
    type: 'n.framework',
    fuzzy: true,
  },
  {
    kind: 'person',
    resource: 'operator',
    from: 'person p',
    workspace: 'null::text',
    id: 'p.id::text',
    key: 'p.email',
    name: 'p.username',
    details: `concat_ws(' ', p.name, array_to_string(p.groups, ' '))`,
    at: 'p.seen_at',
    type: `case when p.disabled_at is null then p.name else 'disabled' end`,
  },
  {
    kind: 'group',
    resource: 'operator',
    from: `(select member.name, max(p.seen_at) as seen_at from person p, unnest(p.groups) as member(name) group by 1) g`,
    workspace: 'null::text',
    id: 'g.name',
    name: 'g.name',
    at: 'g.seen_at',
  },
]

/**
 * Found by the beginning of one text alone, in the order of an index: tables that grow without end, of which no search may read
 * all. `match` takes the text as a pattern for its beginning, and the text as it is; both in lower case.
 */
export type IndexedSource = Omit<Source, 'details' | 'key' | 'fuzzy' | 'resource'> & {
  resource: VirtualResource
  match: (start: string, text: string) => string
  because: string
}

export const indexedSources: readonly IndexedSource[] = [
  {
    kind: 'run',
    resource: 'experiments',
    from: 'run_tag t join run r on r.id = t.run_id',
    // A tag's value, or `key=value`. MLflow's own tags are on every run and say nothing.
    match: (
      start,
      text,
    ) => `t.key not like 'mlflow.%' and (strpos(${text}, '=') = 0 or lower(t.key) = split_part(${text}, '=', 1))
      and lower(left(t.value, 200)) like substring(${start} from position('=' in ${start}) + 1)`,
    where: `r.lifecycle_stage = 'active'`,
    workspace: 'r.workspace',
    id: 'r.id',
    name: 'r.name',
    status: 'r.status',
    at: 'to_timestamp(r.start_time_ms / 1000.0)',
    parent: 'r.experiment_id::text',
    because: `left(t.key || '=' || t.value, 120)`,
  },
  {
    kind: 'activity',
    resource: 'activity',
    from: 'kube_event k',
    match: (start) => `lower(k.object_name) like ${start}`,
    workspace: 'k.workspace',
    id: `k.object_kind || '/' || k.object_name`,
    name: 'k.object_name',
    at: 'k.at',
    type: 'k.object_kind',
    because: `'last: ' || k.reason`,
  },
  {
    kind: 'activity',
    resource: 'auditevents',
    from: 'audit_event a',
    match: (start) => `lower(split_part(a.subject, '/', 2)) like ${start}`,
    workspace: 'a.workspace',
    id: `a.subject`,
    name: `split_part(a.subject, '/', 2)`,
    at: 'a.at',
    type: `split_part(a.subject, '/', 1)`,
    because: `'last: ' || a.action || ' by ' || a.actor`,
  },
]
