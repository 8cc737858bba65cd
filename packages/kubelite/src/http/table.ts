/** `meta.k8s.io/v1` Tables: what `kubectl get` prints. Columns of built-in kinds are rows below, of CRDs their printer columns. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Resource } from '../registry/resource.ts'
import { age, evaluateJsonPath } from '../schema/json-path.ts'
import type { Column } from './column.ts'
import { columnsOf } from './table-columns.ts'

export type TableOptions = { includeObject: string; noHeaders?: boolean }

type Options = TableOptions & { listMeta: Record<string, unknown>; now: Date }

/** The Table of some objects; `now` makes the ages. */
export const toTable = (resource: Resource, objects: readonly KubeObject[], options: Options) =>
  tableOf(resource.custom === undefined ? columnsOf(resource) : customColumns(resource), objects, options)

export function tableOf(
  columns: readonly Column[],
  objects: readonly KubeObject[],
  options: Options,
): Record<string, unknown> {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.listMeta,
    ...(options.noHeaders ? {} : { columnDefinitions: columns.map(({ cell: _, ...definition }) => definition) }),
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.cell(object, options.now)),
      object: rowObject(object, options.includeObject),
    })),
  }
}

function rowObject(object: KubeObject, include: string): unknown {
  if (include === 'Object') return object
  if (include === 'None') return null
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
}

function customColumns(resource: Resource): Column[] {
  const name: Column = {
    name: 'Name',
    type: 'string',
    format: 'name',
    description: 'Name of the object',
    priority: 0,
    cell: (object) => object.metadata.name ?? '',
  }
  const own = (resource.custom?.columns ?? []).map(
    (column): Column => ({
      name: column.name,
      type: column.type,
      format: column.format ?? '',
      description: column.description ?? `Custom resource definition column (in JSONPath format): ${column.jsonPath}`,
      priority: column.priority ?? 0,
      cell: (object, now) => {
        const [value] = evaluateJsonPath(object, column.jsonPath)
        if (value === undefined || value === null) return null
        if (column.type === 'date') return age(String(value), now)
        return typeof value === 'object' ? JSON.stringify(value) : column.type === 'string' ? String(value) : value
      },
    }),
  )
  return [name, ...own]
}
