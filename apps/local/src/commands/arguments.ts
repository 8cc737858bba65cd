import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { Fault } from '../fault.ts'

/** The options of a command; throws one sentence for one that it does not know. */
export function readArguments<T extends ParseArgsOptionsConfig>(command: string, args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values
  } catch (cause) {
    const known = Object.keys(options).map((name) => `--${name}`)
    const message = (cause as Error).message.split('\n')[0]?.replace(/\.? To specify.*$|\.$/, '') ?? ''
    throw new Fault(
      `npm run ${command}: ${message}; it takes ${known.length === 0 ? 'no options' : known.join(', ')}.`,
      { cause },
    )
  }
}

const units: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `90s`, `15m`, `1h`, `30d` in milliseconds. */
export function readDuration(text: string): number {
  const [, count = '', unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? []
  const ms = Number(count) * (units[unit] ?? 0)
  if (ms > 0) return ms
  throw new Fault(`"${text}" is not a duration: write a number and s, m, h or d, as in 1h.`)
}
