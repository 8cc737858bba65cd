import { sharePostgres } from './postgres.ts'

/** Vitest's global set-up of every project that needs Postgres: starts the server that its files share. */
export default function setup(): Promise<() => Promise<void>> {
  return sharePostgres()
}
