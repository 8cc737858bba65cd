/**
 * A container's log on disk: lines `2026-01-01T00:00:00.000000001Z stdout F text`, where `P` marks a piece of a line that
 * goes on. It lies in files `log`, `log.1`, `log.2` … of some 10 MiB, the newest last, of which the shim keeps five: the real
 * kubelet's limits. A file ends with a whole record, and is not written to any more once there is a next one.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Where the parts of a record stand in its bytes: its time begins it, its text ends it. */
export type CriRecord = { timeEnd: number; partial: boolean; textFrom: number }

const space = 32
const kinds = new Map([
  ['stdout F', false],
  ['stderr F', false],
  ['stdout P', true],
  ['stderr P', true],
])
const kindLength = 'stdout F'.length

/** Null for what is not a whole record (the end of a file that is being written). `end` is where its newline stands. */
export function parseCriRecord(bytes: Buffer, from: number, end: number): CriRecord | null {
  const timeEnd = bytes.indexOf(space, from)
  const kindEnd = timeEnd + 1 + kindLength
  if (timeEnd <= from || kindEnd > end) return null
  const partial = kinds.get(bytes.toString('latin1', timeEnd + 1, kindEnd))
  if (partial === undefined) return null
  return { timeEnd, partial, textFrom: bytes[kindEnd] === space && kindEnd < end ? kindEnd + 1 : kindEnd }
}

export const logFile = (dir: string, number: number) => join(dir, number === 0 ? 'log' : `log.${number}`)

/** The numbers of an attempt's log files that are there, oldest first. */
export async function logNumbers(dir: string): Promise<number[]> {
  return numbersIn(await readdir(dir).catch(() => []))
}

export function numbersIn(names: readonly string[]): number[] {
  return names
    .flatMap((name) => /^log(?:\.(\d+))?$/.exec(name)?.slice(1) ?? [])
    .map((digits) => Number(digits ?? 0))
    .sort((a, b) => a - b)
}
