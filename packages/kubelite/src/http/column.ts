import type { KubeObject } from '@keelson/contracts/kubernetes'

/** A value of a printer column, as it is at `now`. */
export type Cell = (object: KubeObject, now: Date) => unknown
/** A column of a `Table` answer (meta.k8s.io/v1); priority 1 is shown with `-o wide` alone. */
export type Column = { name: string; type: string; format: string; description: string; priority: number; cell: Cell }

export function column(name: string, cell: Cell, type = 'string', priority = 0, format = ''): Column {
  return { name, type, format, description: name, priority, cell }
}
