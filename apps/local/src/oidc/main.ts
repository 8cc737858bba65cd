import { describeEnv, EnvError } from '@keelson/process/env'
import { createLogger } from '@keelson/process/logger'
import { runServices } from '@keelson/process/service'
import { oidcEnv, readOidcEnv } from './env.ts'
import { whyNotEmbedded } from './guard.rules.ts'
import { openOidcServer } from './oidc-server.ts'

process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))

try {
  const env = readOidcEnv()
  const refusal = whyNotEmbedded({
    url: env.KEELSON_URL,
    nodeEnv: env.NODE_ENV,
    said: env.KEELSON_EMBEDDED_OIDC === '1',
  })
  if (refusal !== null) {
    process.stderr.write(`${refusal}\n`)
    process.exit(1)
  }
  const log = createLogger({ app: 'oidc', level: env.KEELSON_LOG_LEVEL })
  log.info('configuration', describeEnv(oidcEnv, env))
  process.exit(await runServices([await openOidcServer(env, log)], log))
} catch (error) {
  process.stderr.write(`${error instanceof EnvError || error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
