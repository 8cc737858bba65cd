import type { GetLineage, LineageGraph } from '@keelson/contracts/lineage'
import { AppError } from '@keelson/process/app-error'
import type { z } from 'zod'
import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { cutGraph, toNode } from './lineage.rules.ts'
import { readEdges, readNodes, readPredictionCounts } from './lineage.store.ts'

/** From data and job over run and version to endpoint and predictions: read from the tables of each, with none of its own. */
export async function getLineage(ctx: Ctx, input: z.infer<typeof GetLineage>): Promise<LineageGraph> {
  const { workspace, focus, limit } = input
  await allow(ctx, { verb: 'get', resource: 'lineage', namespace: workspace })
  const focusRun = focus?.startsWith('run:') ? focus.slice('run:'.length) : ''
  const [found, counts, edges] = await Promise.all([
    readNodes(ctx.db, workspace, focusRun),
    readPredictionCounts(ctx.db, workspace),
    readEdges(ctx.db, workspace, focusRun),
  ])
  const predictions = counts.map(({ endpoint, predictions, labelled, at }) =>
    toNode(workspace, {
      kind: 'predictions',
      key: endpoint,
      label: `${predictions} predictions`,
      detail: `${labelled} with a label`,
      status: null,
      at,
      parent: null,
    }),
  )
  const nodes = [...found.map((node) => toNode(workspace, node)), ...predictions]
  if (focus !== undefined && !nodes.some((node) => node.id === focus))
    throw new AppError('not_found', `There is nothing called ${focus} in workspace ${workspace}.`)
  const answered = counts.map(({ endpoint }) => ({
    from: `endpoint:${endpoint}`,
    to: `predictions:${endpoint}`,
    relation: 'answered',
  }))
  return cutGraph({ nodes, edges: [...edges, ...answered] }, { focus, limit })
}
