import type { LineageEdge, LineageKind } from '@keelson/contracts/lineage'
import type { Db } from '@keelson/db'

/** A node as the tables have it; what people read is made of it by the rules. */
export type FoundNode = {
  kind: LineageKind
  key: string
  label: string
  detail: string | null
  status: string | null
  at: Date | null
  parent: string | null
}

/** Runs that a graph looks at: the newest ones, and all that made a version. */
const newestRuns = 1_000

/** The runs of the graph, `$2` being a run that must be among them and `$3` how many of the newest. */
const runsOfGraph = `runs as (select r.id, r.name, r.status, r.experiment_id, r.start_time_ms, r.job_uid from run r
  where r.workspace = $1 and r.lifecycle_stage = 'active' and (r.id = $2
    or r.id in (select v.run_id from model_version v join registered_model m on m.id = v.model_id where m.workspace = $1)
    or r.id in (select n.id from run n where n.workspace = $1 and n.lifecycle_stage = 'active' order by n.start_time_ms desc nulls last limit $3::int)))`

export async function readNodes(db: Db, workspace: string, focusRun: string): Promise<FoundNode[]> {
  return db.query<FoundNode>(
    `with ${runsOfGraph}
     select distinct on (d.name, d.digest) 'dataset' as kind, d.name || '@' || d.digest as key, d.name as label, d.digest as detail, null as status,
         to_timestamp(r.start_time_ms / 1000.0) as at, null as parent
       from dataset d join run_input i on i.dataset_id = d.id join runs r on r.id = i.run_id
     union all
     select 'job', j.uid, j.name, j.kind, j.status, j.created_at, null from job j where j.workspace = $1
     union all
     select 'run', r.id, r.name, e.name, r.status, to_timestamp(r.start_time_ms / 1000.0), r.experiment_id::text
       from runs r join experiment e on e.id = r.experiment_id
     union all
     select 'model-version', m.name || '/' || v.version, m.name || ' v' || v.version, v.stage, v.status, v.created_at, m.name
       from model_version v join registered_model m on m.id = v.model_id where m.workspace = $1
     union all
     (select distinct on (name) 'endpoint', name, name, framework, status, created_at, null from endpoint where workspace = $1
       order by name, (deleted_at is null) desc, created_at desc)`,
    workspace,
    focusRun,
    newestRuns,
  )
}

/** What endpoints predicted, and how much of it has a label. */
export async function readPredictionCounts(
  db: Db,
  workspace: string,
): Promise<{ endpoint: string; predictions: number; labelled: number; at: Date }[]> {
  return db.query(
    `select p.endpoint, count(*)::int as predictions, count(l.request_id)::int as labelled, max(p.at) as at
     from prediction p left join prediction_label l
       on l.endpoint_uid = p.endpoint_uid and l.request_id = p.request_id and l.row_index = p.row_index
     where p.workspace = $1 group by p.endpoint`,
    workspace,
  )
}

export async function readEdges(db: Db, workspace: string, focusRun: string): Promise<LineageEdge[]> {
  return db.query<LineageEdge>(
    `with ${runsOfGraph}
     select distinct 'dataset:' || d.name || '@' || d.digest as "from", 'run:' || r.id as "to", 'read by' as relation
       from run_input i join runs r on r.id = i.run_id join dataset d on d.id = i.dataset_id
     union all select 'job:' || r.job_uid, 'run:' || r.id, 'started' from runs r where r.job_uid is not null
     union all select 'run:' || t.value, 'run:' || r.id, 'contains' from runs r join run_tag t on t.run_id = r.id and t.key = 'mlflow.parentRunId'
     union all select 'run:' || v.run_id, 'model-version:' || m.name || '/' || v.version, 'registered as'
       from model_version v join registered_model m on m.id = v.model_id where m.workspace = $1 and v.run_id is not null
     union all select distinct 'model-version:' || s.model || '/' || s.model_version, 'endpoint:' || s.endpoint, 'served by'
       from (select model, model_version, name as endpoint from endpoint where workspace = $1
         union select model, model_version, endpoint from inference_request where workspace = $1) s
       where s.model is not null and s.model_version is not null`,
    workspace,
    focusRun,
    newestRuns,
  )
}
