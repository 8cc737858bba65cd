import { shareRealApiServer } from './real-api-server.ts'

/** Vitest's global set-up of every project that also runs on a real API server: starts the one that its files share. */
export default function setup(): Promise<() => Promise<void>> {
  return shareRealApiServer()
}
