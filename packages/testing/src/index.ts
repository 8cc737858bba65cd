/**
 * What tests of every package need from the outside world: a real Postgres, a real kube-apiserver, a free port, and
 * waiting that fails with the reason. Knows nothing of the platform, so that every package's tests may use it.
 */
export { type EventuallyOptions, eventually } from './eventually.ts'
export { freePort, freePortPair } from './free-port.ts'
export {
  startTestPostgres,
  type TestDatabase,
  type TestPostgres,
  withMigratedDatabase,
  withPostgres,
} from './postgres.ts'
export { type NoApiServer, type RealApiServer, type ServerWebhooks, withRealApiServer } from './real-api-server.ts'
