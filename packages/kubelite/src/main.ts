/** The kubelite process: configured by its environment, ends with its parent, prints where it serves. */
import { describeEnv, EnvError } from '@keelson/process/env'
import { createLogger } from '@keelson/process/logger'
import { runServices } from '@keelson/process/service'
import { kubeliteEnv, readKubeliteEnv } from './env.ts'
import { startKubelite } from './kubelite.ts'
import { LogLockedError } from './store/log.ts'

// Without its launcher nobody would ever stop it.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))

try {
  const env = readKubeliteEnv()
  const log = createLogger({ app: 'kubelite', level: env.KEELSON_LOG_LEVEL })
  log.info('configuration', describeEnv(kubeliteEnv, env))
  const url = env.KUBELITE_TOKEN_WEBHOOK_URL
  const auditUrl = env.KUBELITE_AUDIT_WEBHOOK_URL
  const secret = env.KUBELITE_TOKEN_WEBHOOK_SECRET ?? ''
  const start = async () => {
    const kubelite = await startKubelite({
      databaseUrl: env.KUBELITE_DATABASE_URL,
      stateFolder: env.KUBELITE_HOME,
      port: env.KUBELITE_PORT,
      imagesFile: env.KUBELITE_IMAGES,
      logger: log,
      node: { podNetwork: env.KUBELITE_POD_NETWORK, podDoors: env.KUBELITE_POD_DOORS },
      ...(url === undefined ? {} : { webhook: { url, secret } }),
      ...(auditUrl === undefined ? {} : { auditWebhook: { url: auditUrl, secret } }),
    })
    log.info('kubelite serves', { url: kubelite.url, kubeconfig: kubelite.kubeconfigPath })
    return { done: new Promise<void>(() => {}), stop: () => kubelite.stop() }
  }
  process.exit(await runServices([{ name: 'kubelite', start }], log))
} catch (error) {
  const known = error instanceof EnvError || error instanceof LogLockedError
  process.stderr.write(`${known ? error.message : String(error instanceof Error ? error.stack : error)}\n`)
  process.exit(1)
}
