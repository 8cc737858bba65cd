import type { Gate, GateResult, Stage, StageTransition } from '@keelson/contracts/registry'
import type { Db } from '@keelson/db'

type GateRow = {
  model: string
  stage: Stage
  metric: string
  higher_is_better: boolean
  minimum: number | null
  minimum_improvement: number
  baseline_run_id: string | null
}

function toGate(row: GateRow): Gate {
  return {
    model: row.model,
    stage: row.stage,
    metric: row.metric,
    higherIsBetter: row.higher_is_better,
    minimum: row.minimum,
    minimumImprovement: row.minimum_improvement,
    baselineRunId: row.baseline_run_id,
  }
}

export async function listGates(db: Db, modelKey: string): Promise<Gate[]> {
  const rows = await db.query<GateRow>(
    `select m.name as model, g.stage, g.metric, g.higher_is_better, g.minimum, g.minimum_improvement, g.baseline_run_id
     from stage_gate g join registered_model m on m.id = g.model_id where g.model_id = $1::uuid order by g.stage`,
    modelKey,
  )
  return rows.map(toGate)
}

export async function upsertGate(db: Db, modelKey: string, gate: Omit<Gate, 'model'>): Promise<void> {
  await db.query(
    `insert into stage_gate (model_id, stage, metric, higher_is_better, minimum, minimum_improvement, baseline_run_id)
     values ($1::uuid, $2, $3, $4, $5::float8, $6::float8, $7)
     on conflict (model_id, stage) do update set metric = excluded.metric, higher_is_better = excluded.higher_is_better, minimum = excluded.minimum,
       minimum_improvement = excluded.minimum_improvement, baseline_run_id = excluded.baseline_run_id returning stage`,
    modelKey,
    gate.stage,
    gate.metric,
    gate.higherIsBetter,
    gate.minimum,
    gate.minimumImprovement,
    gate.baselineRunId,
  )
}

type TransitionRow = {
  id: string
  model: string
  version: number
  from_stage: Stage
  to_stage: Stage
  state: StageTransition['state']
  requested_by: string
  requested_at: Date
  decided_by: string | null
  decided_at: Date | null
  reason: string
  gate: GateResult | null
}

const columns = `t.id::text as id, m.name as model, t.version, t.from_stage, t.to_stage, t.state, t.requested_by, t.requested_at,
  t.decided_by, t.decided_at, t.reason, t.gate`

function toTransition(row: TransitionRow): StageTransition {
  return {
    id: row.id,
    model: row.model,
    version: row.version,
    from: row.from_stage,
    to: row.to_stage,
    state: row.state,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at.toISOString(),
    decidedBy: row.decided_by,
    decidedAt: row.decided_at?.toISOString() ?? null,
    reason: row.reason,
    gate: row.gate,
  }
}

/** Newest first; of one version when it is named. */
export async function listTransitions(
  db: Db,
  modelKey: string,
  version: number | null = null,
): Promise<StageTransition[]> {
  const rows = await db.query<TransitionRow>(
    `select ${columns} from stage_transition t join registered_model m on m.id = t.model_id
     where t.model_id = $1::uuid and ($2::int is null or t.version = $2::int) order by t.requested_at desc, t.id desc limit 500`,
    modelKey,
    version,
  )
  return rows.map(toTransition)
}

export async function findTransition(db: Db, workspace: string, id: string): Promise<StageTransition | null> {
  const rows = await db.query<TransitionRow>(
    `select ${columns} from stage_transition t join registered_model m on m.id = t.model_id where m.workspace = $1 and t.id::text = $2`,
    workspace,
    id,
  )
  return rows[0] === undefined ? null : toTransition(rows[0])
}

export type NewTransition = {
  version: number
  from: Stage
  to: Stage
  state: StageTransition['state']
  requestedBy: string
  decidedBy: string | null
  reason: string
  gate: GateResult | null
  at: Date
}

export async function insertTransition(db: Db, modelKey: string, transition: NewTransition): Promise<string> {
  const rows = await db.query<{ id: string }>(
    `insert into stage_transition (id, model_id, version, from_stage, to_stage, state, requested_by, requested_at, decided_by, decided_at, reason, gate)
     values (gen_random_uuid(), $1::uuid, $2::int, $3, $4, $5, $6, $7::timestamptz, $8, case when $8::text is null then null else $7::timestamptz end, $9, $10::jsonb)
     returning id::text as id`,
    modelKey,
    transition.version,
    transition.from,
    transition.to,
    transition.state,
    transition.requestedBy,
    transition.at.toISOString(),
    transition.decidedBy,
    transition.reason,
    transition.gate === null ? null : JSON.stringify(transition.gate),
  )
  return rows[0]?.id ?? ''
}

export async function decideTransitionRow(
  db: Db,
  id: string,
  decision: { state: StageTransition['state']; decidedBy: string; reason: string; at: Date },
): Promise<void> {
  await db.query(
    `update stage_transition set state = $2, decided_by = $3, decided_at = $4::timestamptz, reason = $5 where id = $1::uuid returning id::text`,
    id,
    decision.state,
    decision.decidedBy,
    decision.at.toISOString(),
    decision.reason,
  )
}

/** A request for the same move that still waits, so that asking twice is one request. */
export async function findOpenRequest(db: Db, modelKey: string, version: number, to: Stage): Promise<string | null> {
  const rows = await db.query<{ id: string }>(
    `select id::text as id from stage_transition where model_id = $1::uuid and version = $2::int and to_stage = $3 and state = 'requested' limit 1`,
    modelKey,
    version,
    to,
  )
  return rows[0]?.id ?? null
}

/** The latest value of a metric that was logged for a logged model. */
export async function findModelMetric(db: Db, workspace: string, modelId: string, key: string): Promise<number | null> {
  const rows = await db.query<{ value: number; is_nan: boolean }>(
    `select x.value, x.is_nan from logged_model_metric x join logged_model m on m.id = x.model_id
     where m.id = $1 and m.workspace = $2 and x.key = $3 order by x.step desc, x.time_ms desc, x.value desc limit 1`,
    modelId,
    workspace,
    key,
  )
  const row = rows[0]
  return row === undefined ? null : row.is_nan ? Number.NaN : row.value
}
