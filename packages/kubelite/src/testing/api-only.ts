/** A process with the API server alone, for tests that kill it. Prints its address once it serves; ends with its parent. */
import { startApiServer } from '../api-server.ts'
import { readKubeliteEnv } from '../env.ts'

process.once('disconnect', () => process.exit(0))
const env = readKubeliteEnv()
const server = await startApiServer({
  databaseUrl: env.KUBELITE_DATABASE_URL,
  stateFolder: env.KUBELITE_HOME,
  port: env.KUBELITE_PORT,
})
process.stdout.write(`${server.url}\n`)
