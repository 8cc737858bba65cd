import { describeEnv, EnvError } from '@keelson/process/env'
import { createLogger } from '@keelson/process/logger'
import { runServices } from '@keelson/process/service'
import { openController } from './controller.ts'
import { controllerEnv, readEnv } from './env.ts'

/** The process ends with the one that started it: without its launcher nobody would ever stop it. */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))

try {
  const env = readEnv()
  const log = createLogger({ app: 'controller', level: env.KEELSON_LOG_LEVEL })
  log.info('configuration', describeEnv(controllerEnv, env))
  process.exit(await runServices(openController(env, log), log))
} catch (error) {
  process.stderr.write(
    `${error instanceof EnvError ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  )
  process.exit(1)
}
