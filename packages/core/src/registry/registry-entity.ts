import type { Stage } from '@keelson/contracts/registry'
import type { Pair } from '../experiments/index.ts'

export type RegistryVersion = {
  modelKey: string
  model: string
  workspace: string
  version: number
  stage: Stage
  status: 'PENDING_REGISTRATION' | 'FAILED_REGISTRATION' | 'READY'
  statusMessage: string | null
  description: string
  source: string
  /** Where the artifacts are: `source` with `models:/` already resolved. */
  storageUri: string
  runId: string | null
  modelId: string | null
  runLink: string | null
  createdBy: string
  createdAtMs: number
  updatedAtMs: number
  tags: Pair[]
  aliases: string[]
}

export type RegistryModel = {
  key: string
  name: string
  workspace: string
  description: string
  createdAtMs: number
  updatedAtMs: number
  tags: Pair[]
  aliases: { alias: string; version: number }[]
  /** The newest version of each stage that has one. */
  latestVersions: RegistryVersion[]
}

export const promptTag = 'mlflow.prompt.is_prompt'
