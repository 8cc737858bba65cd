import type { Ctx } from '@keelson/core/context'
import { type InputOf, readShape, type Shape } from './wire-input.ts'

export type OperationCall<S extends Shape> = {
  ctx: Ctx
  workspace: string
  input: InputOf<S>
  /** Names the path carries: `model_id`. */
  params: Readonly<Record<string, string>>
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** One call of MLflow's REST API: its path below `/api/2.0/mlflow/`, its input, and the use case behind it. */
export type Operation = {
  methods: readonly Method[]
  path: string
  /** A create: a repeat of it whose first answer was lost gives that answer again. */
  creates: boolean
  /** Only under `/ajax-api` (what upstream's UI asks). */
  ajaxOnly: boolean
  maxBodyBytes: number
  listFields: ReadonlySet<string>
  run(call: { ctx: Ctx; workspace: string; raw: object; params: Readonly<Record<string, string>> }): Promise<object>
}

const defaultMaxBodyBytes = 4_000_000

export function operation<S extends Shape>(
  methods: Method | readonly Method[],
  path: string,
  input: S,
  handle: (call: OperationCall<S>) => Promise<object>,
  options: { creates?: boolean; ajaxOnly?: boolean; maxBodyBytes?: number; lists?: readonly (keyof S & string)[] } = {},
): Operation {
  return {
    methods: typeof methods === 'string' ? [methods] : methods,
    path,
    creates: options.creates ?? false,
    ajaxOnly: options.ajaxOnly ?? false,
    maxBodyBytes: options.maxBodyBytes ?? defaultMaxBodyBytes,
    listFields: new Set(options.lists ?? []),
    run: ({ ctx, workspace, raw, params }) =>
      handle({ ctx, workspace, params, input: readShape(input, { ...raw, ...params }, '', { run_id: 'run_uuid' }) }),
  }
}
