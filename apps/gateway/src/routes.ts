/** Every wire format that the gateway speaks for clients, in one table: first match wins. An adapter adds its line. */
import type { BaseCtx } from '@keelson/core/context'
import type { Logger } from '@keelson/process/logger'
import type { Service } from '@keelson/process/service'
import type { FrontRoute } from './front/route.ts'
import { openInference } from './inference/open-inference.ts'
import { openMlflow } from './mlflow/index.ts'

export type AdapterOptions = { base: BaseCtx; log: Logger; signal: AbortSignal }

/** What an adapter brings: its addresses, and what has to run beside them (a watched table, a buffer that is written out at the end). */
export type Adapter = { routes: readonly FrontRoute[]; services: readonly Service[] }

export function openAdapters(options: AdapterOptions): readonly Adapter[] {
  return [openMlflow(options), openInference(options)]
}
