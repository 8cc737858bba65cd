import { describeEnv, EnvError } from '@keelson/process/env'
import { createLogger } from '@keelson/process/logger'
import { runServices } from '@keelson/process/service'
import { gatewayEnv, readEnv } from './env.ts'
import { openGateway } from './gateway.ts'

/** The process ends with the one that started it: without its launcher nobody would ever stop it. */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))

try {
  const env = readEnv()
  const log = createLogger({ app: 'gateway', level: env.KEELSON_LOG_LEVEL })
  log.info('configuration', describeEnv(gatewayEnv, env))
  const stopping = new AbortController()
  process.once('SIGTERM', () => stopping.abort())
  process.once('SIGINT', () => stopping.abort())
  const { services } = await openGateway({ env, log, signal: stopping.signal })
  process.exit(await runServices(services, log))
} catch (error) {
  process.stderr.write(
    `${error instanceof EnvError ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  )
  process.exit(1)
}
