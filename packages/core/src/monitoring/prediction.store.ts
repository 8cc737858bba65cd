import type { ListPredictions, Prediction } from '@keelson/contracts/monitoring'
import type { Db } from '@keelson/db'
import type { z } from 'zod'
import type { LoggedCall, LoggedPrediction } from './logged-call.ts'

export type LoggedBatch = readonly { call: LoggedCall; rows: readonly LoggedPrediction[] }[]

/** JSON without what Postgres refuses in jsonb and text: NUL and halves of surrogate pairs. */
function json(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'string' ? part.replaceAll('\0', '').toWellFormed() : part,
  )
}

/**
 * Writes a batch in one transaction. A request id that an endpoint has seen is absorbed: a repeated batch changes nothing.
 * Returns how many requests and rows were new.
 */
export async function insertCalls(db: Db, batch: LoggedBatch): Promise<{ requests: number; predictions: number }> {
  if (batch.length === 0) return { requests: 0, predictions: 0 }
  const requests = batch.map(({ call, rows }) => ({ ...call, at: call.at.toISOString(), rows: rows.length }))
  const predictions = batch.flatMap(({ call, rows }) =>
    rows.map((row, rowIndex) => ({ ...call, ...row, at: call.at.toISOString(), rowIndex })),
  )
  return db.transaction(async (tx) => {
    const kept = await tx.query<{ endpoint_uid: string; request_id: string }>(
      `insert into inference_request (workspace, endpoint, endpoint_uid, request_id, revision, model, model_version, protocol, caller, status, latency_ms, rows, at)
       select workspace, endpoint, "endpointUid", "requestId", revision, model, "modelVersion", protocol, caller, status, "latencyMs", rows, at
       from jsonb_to_recordset($1::jsonb) as r(workspace text, endpoint text, "endpointUid" text, "requestId" text, revision text, model text,
         "modelVersion" int, protocol text, caller text, status int, "latencyMs" float8, rows int, at timestamptz)
       on conflict (endpoint_uid, request_id) do nothing returning endpoint_uid, request_id`,
      json(requests),
    )
    const rows = await tx.query<{ workspace: string; endpoint: string }>(
      `insert into prediction (workspace, endpoint, endpoint_uid, request_id, row_index, revision, model, model_version, features, prediction, scores, at, latency_ms)
       select workspace, endpoint, "endpointUid", "requestId", "rowIndex", revision, model, "modelVersion", features, coalesce(prediction, 'null'::jsonb),
         nullif(scores, 'null'::jsonb), at, "latencyMs"
       from jsonb_to_recordset($1::jsonb) as r(workspace text, endpoint text, "endpointUid" text, "requestId" text, "rowIndex" int, revision text,
         model text, "modelVersion" int, features jsonb, prediction jsonb, scores jsonb, at timestamptz, "latencyMs" float8)
       on conflict (endpoint_uid, request_id, row_index) do nothing returning workspace, endpoint`,
      json(predictions),
    )
    for (const [workspace, endpoint] of endpointsOf(batch))
      await tx.publish({ workspace, topic: 'predictions', id: endpoint })
    return { requests: kept.length, predictions: rows.length }
  })
}

function endpointsOf(batch: LoggedBatch): [string, string][] {
  const seen = new Map(
    batch.map(({ call }) => [
      `${call.workspace}/${call.endpoint}`,
      [call.workspace, call.endpoint] as [string, string],
    ]),
  )
  return [...seen.values()]
}

type Row = {
  id: bigint
  request_id: string
  row_index: number
  endpoint: string
  model: string | null
  model_version: number | null
  revision: string
  features: Prediction['features']
  prediction: unknown
  scores: Record<string, number> | null
  at: Date
  latency_ms: number
  label: unknown
  labelled_at: Date | null
}

/** The predictions of an endpoint (of this life of it), newest first, with their labels. `before` is the id of the last one seen. */
export async function listPredictionRows(
  db: Db,
  endpointUid: string,
  input: Pick<z.infer<typeof ListPredictions>, 'limit'>,
  before: string | null,
): Promise<{ id: string; prediction: Prediction }[]> {
  const rows = await db.query<Row>(
    `select p.id, p.request_id, p.row_index, p.endpoint, p.model, p.model_version, p.revision, p.features, p.prediction, p.scores, p.at,
       p.latency_ms, l.label, l.at as labelled_at
     from prediction p left join prediction_label l
       on l.endpoint_uid = p.endpoint_uid and l.request_id = p.request_id and l.row_index = p.row_index
     where p.endpoint_uid = $1 and ($2::bigint is null or p.id < $2::bigint) order by p.id desc limit $3::int`,
    endpointUid,
    before,
    input.limit,
  )
  return rows.map((row) => ({
    id: row.id.toString(),
    prediction: {
      requestId: row.request_id,
      rowIndex: row.row_index,
      endpoint: row.endpoint,
      model: row.model,
      modelVersion: row.model_version,
      revision: row.revision,
      features: row.features,
      prediction: row.prediction,
      scores: row.scores,
      at: row.at.toISOString(),
      latencyMs: row.latency_ms,
      label: row.label ?? null,
      labelledAt: row.labelled_at?.toISOString() ?? null,
    },
  }))
}
