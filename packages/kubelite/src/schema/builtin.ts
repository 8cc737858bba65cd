/** The published structure of the built-in kinds (see tooling/generators/kubelite-schemas.ts for the source). */
import { readFileSync } from 'node:fs'
import { metricsSchemas } from './metrics.ts'
import { type OpenApiSchema, type SchemaNode, schemaNode } from './node.ts'

const load = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../openapi-data/${name}`, import.meta.url), 'utf8')) as T

export const builtinSchemas: Readonly<Record<string, OpenApiSchema>> = {
  ...load<Record<string, OpenApiSchema>>('builtin-schemas.json'),
  ...metricsSchemas,
}
export const bootstrapRbac: { clusterRoles: OpenApiSchema[]; clusterRoleBindings: OpenApiSchema[] } =
  load('bootstrap-rbac.json')

export const resolveBuiltin = (name: string): OpenApiSchema | undefined => builtinSchemas[name]
export const objectMetaName = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** The node of a definition such as `io.k8s.api.core.v1.Pod`. */
export function builtinNode(definition: string): SchemaNode {
  if (builtinSchemas[definition] === undefined) throw new Error(`No schema is known for ${definition}.`)
  return schemaNode({ $ref: definition }, resolveBuiltin)
}
