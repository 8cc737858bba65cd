import { readEnv } from '../env.ts'
import { Fault } from '../fault.ts'
import { type Home, homeAt } from '../home/home.ts'
import { ownerOf } from '../home/lock.ts'
import { openSettings } from '../home/settings.ts'
import { type GatewayClient, gatewayClient } from '../platform/gateway-client.ts'
import { type PlatformState, readState } from '../platform/state-file.ts'

export type Running = { home: Home; state: PlatformState; gateway: GatewayClient }

/** The platform of the state folder when it is ready, else null. */
export function findRunning(): Running | null {
  const home = homeAt(readEnv().KEELSON_HOME)
  const state = ownerOf(home) === null ? null : readState(home)
  if (state === null) return null
  const port = new URL(state.url).port
  return { home, state, gateway: gatewayClient(`http://127.0.0.1:${port}`, openSettings(home).secrets.internal) }
}

export function requireRunning(): Running {
  const running = findRunning()
  if (running === null) throw new Fault('Keelson is not running: run npm start first.')
  return running
}
