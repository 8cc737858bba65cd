import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, describeError } from '@keelson/process/app-error'
import { parseSpawnerConfig, type SpawnerConfig } from './spawner-config.rules.ts'

/** Gives the configuration as it is now. Throws `unavailable` where the installation's file cannot be read. */
export type SpawnerSource = () => Promise<SpawnerConfig>

export const shippedSpawnerConfig = join(import.meta.dirname, 'spawner_ui_config.yaml')

/** Reads the file again when it was changed: a ConfigMap that is mounted changes under a running process. */
export function openSpawnerSource(path: string = shippedSpawnerConfig): SpawnerSource {
  let kept: { stamp: string; config: SpawnerConfig } | null = null
  return async () => {
    try {
      const { mtimeMs, size, ino } = await stat(path)
      const stamp = `${mtimeMs} ${size} ${ino}`
      if (kept?.stamp === stamp) return kept.config
      kept = { stamp, config: parseSpawnerConfig(await readFile(path, 'utf8')) }
      return kept.config
    } catch (cause) {
      throw new AppError('unavailable', `The spawner's configuration cannot be read: ${describeError(cause)}`, {
        cause,
      })
    }
  }
}
