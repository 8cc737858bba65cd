import type { ModelSignature } from '@keelson/contracts/registry'
import { AppError } from '@keelson/process/app-error'
import type { Ctx } from '../context/index.ts'
import { getLoggedModel, getRun } from '../experiments/index.ts'
import { parseJson, parseMlModel } from './mlmodel.rules.ts'
import { parseSource } from './registry.rules.ts'
import type { RegistryVersion } from './registry-entity.ts'

const mostModelFileBytes = 1_000_000
const mostExampleBytes = 1_000_000
const exampleRows = 5

/** Signature and input example from the version's artifacts; nulls where they are not (or not in our store). */
export async function readModelFile(
  ctx: Ctx,
  version: RegistryVersion,
): Promise<{ signature: ModelSignature | null; inputExample: unknown }> {
  const folder = await artifactFolder(ctx, version)
  if (folder === null) return { signature: null, inputExample: null }
  const text = await readText(ctx, `${folder}/MLmodel`, mostModelFileBytes)
  if (text === null) return { signature: null, inputExample: null }
  const model = parseMlModel(text)
  const example =
    model.example === null ? null : await readText(ctx, `${folder}/${model.example.path}`, mostExampleBytes)
  return { signature: model.signature, inputExample: example === null ? null : firstRows(parseJson(example)) }
}

/** The folder of a version's artifacts in our store (`<workspace>/…`), or null when they are elsewhere. */
export async function artifactFolder(ctx: Ctx, version: RegistryVersion): Promise<string | null> {
  const uri = /^mlflow-artifacts:\/*(.+)$/.exec(version.storageUri)
  if (uri?.[1] !== undefined) return `${version.workspace}/${uri[1].replace(/\/+$/, '')}`
  if (!version.storageUri.startsWith('runs:')) return null
  const source = parseSource(version.storageUri, { runId: version.runId ?? '', modelId: '' })
  if (source.kind !== 'run') return null
  const run = await getRun(ctx, { workspace: version.workspace, runId: source.runId }).catch(orNull)
  const own = /^mlflow-artifacts:\/*(.+)$/.exec(run?.artifactUri ?? '')?.[1]
  if (run === null || own === undefined) return null
  const folder = `${version.workspace}/${own}${source.path === '' ? '' : `/${source.path}`}`
  if ((await ctx.artifacts.list(folder).catch(orNull))?.length) return folder
  // MLflow 3 keeps the model beside the run: `runs:/<id>/<name>` is found through the run's outputs.
  for (const { modelId } of run.modelOutputs) {
    const model = await getLoggedModel(ctx, { workspace: version.workspace, modelId }).catch(orNull)
    const place = /^mlflow-artifacts:\/*(.+)$/.exec(model?.artifactUri ?? '')?.[1]
    if (model?.name === source.path && place !== undefined) return `${version.workspace}/${place}`
  }
  return null
}

function orNull(error: unknown): null {
  if (error instanceof AppError && (error.code === 'not_found' || error.code === 'invalid')) return null
  throw error
}

async function readText(ctx: Ctx, key: string, mostBytes: number): Promise<string | null> {
  const found = await ctx.artifacts.read(key).catch(orNull)
  if (found === null) return null
  if (found.sizeBytes > mostBytes) {
    found.body.destroy()
    return null
  }
  const chunks: Buffer[] = []
  for await (const chunk of found.body) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

/** The first rows of an example in any of the forms that MLflow writes: split frames, records, lists, tensors by name. */
function firstRows(example: unknown): unknown {
  if (Array.isArray(example)) return example.slice(0, exampleRows)
  if (typeof example !== 'object' || example === null) return example
  if ('data' in example && Array.isArray(example.data)) {
    const { data } = example
    return {
      ...example,
      data: data.slice(0, exampleRows),
      ...('index' in example && Array.isArray(example.index) ? { index: example.index.slice(0, exampleRows) } : {}),
    }
  }
  return example
}
