/** What the printer columns of several kinds share. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { age } from '../schema/json-path.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { formatSelector } from '../selectors/labels.ts'
import { type Cell, type Column, column } from './column.ts'

export const field = (object: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), object)
export const list = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
export const number = (object: KubeObject, ...path: string[]): number => Number(field(object, ...path) ?? 0)
export const count = (value: unknown): number =>
  isObject(value) ? Object.keys(value).length : Array.isArray(value) ? value.length : 0
export const wide = (name: string, cell: Cell): Column => column(name, cell, 'string', 1)
export const nameColumn = column('Name', (object) => object.metadata.name ?? '', 'string', 0, 'name')
export const ageColumn = column('Age', (object, now) => age(object.metadata.creationTimestamp, now))

export const templateContainers = (object: KubeObject) => list(field(object, 'spec', 'template', 'spec', 'containers'))
export const containers = wide('Containers', (object) =>
  templateContainers(object)
    .map((item) => item.name)
    .join(','),
)
export const images = wide('Images', (object) =>
  templateContainers(object)
    .map((item) => item.image)
    .join(','),
)
/** A plain map of labels, as of Services and ReplicationControllers. */
export const labelsText = (labels: unknown): string =>
  formatSelector({ matchLabels: (labels ?? {}) as Record<string, string> }) || '<none>'
export const selector = wide(
  'Selector',
  (object) => formatSelector((field(object, 'spec', 'selector') ?? {}) as object) || '<none>',
)
