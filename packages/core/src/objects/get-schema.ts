import type { GetSchema, ObjectSchema } from '@keelson/contracts/objects'
import { AppError } from '@keelson/process/app-error'
import { asActor, type Ctx } from '../context/index.ts'
import { splitApiVersion } from './find-kind.ts'
import { schemaOf } from './schema.rules.ts'

/** The fields of a kind, by the server's own OpenAPI document. A kind that it does not describe has none: no help, and no fault. */
export async function getSchema(ctx: Ctx, { apiVersion, kind }: GetSchema): Promise<ObjectSchema> {
  const { group, version } = splitApiVersion(apiVersion)
  try {
    return schemaOf(await asActor(ctx).openApi(group, version), { group, version, kind })
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return { root: null, definitions: {} }
    throw error
  }
}
