import type { Db } from '@keelson/db'
import { textArray } from './arrays.ts'
import type { DatasetInput } from './tracked.ts'

/** Makes the data sets that are new and links them to the run. The same name and digest in an experiment is one data set. */
export async function insertRunDatasets(
  db: Db,
  run: { id: string; experimentId: string; workspace: string },
  datasets: readonly DatasetInput[],
): Promise<void> {
  const distinct = [
    ...new Map(
      datasets.toReversed().map((dataset) => [JSON.stringify([dataset.name, dataset.digest]), dataset]),
    ).values(),
  ]
  const of = (field: (dataset: DatasetInput) => string | null) => textArray(distinct.map(field))
  await db.query(
    `insert into dataset (id, workspace, experiment_id, name, digest, source_type, source, schema, profile)
     select gen_random_uuid(), $1, $2::bigint, d.* from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
       as d(name, digest, source_type, source, schema, profile) order by d.name, d.digest
     on conflict (experiment_id, name, digest) do nothing returning id`,
    run.workspace,
    run.experimentId,
    of((dataset) => dataset.name),
    of((dataset) => dataset.digest),
    of((dataset) => dataset.sourceType),
    of((dataset) => dataset.source),
    of((dataset) => dataset.schema),
    of((dataset) => dataset.profile),
  )
  await db.query(
    `insert into run_input (run_id, dataset_id, tags)
     select $1, d.id, g.tags::jsonb from unnest($3::text[], $4::text[], $5::text[]) as g(name, digest, tags)
     join dataset d on d.experiment_id = $2::bigint and d.name = g.name and d.digest = g.digest order by d.id
     on conflict (run_id, dataset_id) do nothing returning run_id`,
    run.id,
    run.experimentId,
    of((dataset) => dataset.name),
    of((dataset) => dataset.digest),
    of((dataset) => JSON.stringify(dataset.tags)),
  )
}

export type DatasetSummary = { experimentId: string; name: string; digest: string; context: string | null }

/** The data sets of these experiments with the contexts they were used in. */
export async function listDatasetSummaries(
  db: Db,
  workspace: string,
  experimentIds: readonly string[],
): Promise<DatasetSummary[]> {
  const rows = await db.query<{ experiment_id: string; name: string; digest: string; context: string | null }>(
    `select distinct d.experiment_id::text as experiment_id, d.name, d.digest,
       (select t.value from jsonb_to_recordset(i.tags::jsonb) as t(key text, value text) where t.key = 'mlflow.data.context' limit 1) as context
     from dataset d join run_input i on i.dataset_id = d.id
     where d.workspace = $1 and d.experiment_id = any($2::bigint[]) order by 1, 2, 3, 4 limit 1000`,
    workspace,
    `{${experimentIds.join(',')}}`,
  )
  return rows.map((row) => ({
    experimentId: row.experiment_id,
    name: row.name,
    digest: row.digest,
    context: row.context,
  }))
}
