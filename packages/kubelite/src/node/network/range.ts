import { createHash } from 'node:crypto'

/** A node's network: `id` (six hexadecimal digits) names all that it makes in the kernel, `range` holds its pods' addresses. */
export type NetworkIdentity = { id: string; range: string }

/** Ranges that are tried: the /22 blocks (1,022 pods) of 10.86.0.0/15, which known cluster networks leave alone. */
const firstBlock = toNumber('10.86.0.0')
const blockCount = 128
const blockSize = 1024
const blockPrefix = 22

export function toNumber(address: string): number {
  return address.split('.').reduce((total, part) => total * 256 + Number(part), 0)
}

export function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
}

/** First and last address of `10.86.4.0/22` or of a single address. */
function bounds(range: string): [number, number] {
  const [address = '', prefix = '32'] = range.split('/')
  const size = 2 ** (32 - Number(prefix))
  const first = Math.floor(toNumber(address) / size) * size
  return [first, first + size - 1]
}

/**
 * The first block that overlaps nothing of `taken` (routes and addresses of the machine), looked for from a place that the
 * seed decides, so that two nodes that start at the same moment do not choose the same. Null when there is none.
 */
export function chooseRange(seed: string, taken: readonly string[]): string | null {
  const start = createHash('sha256').update(seed).digest().readUInt16BE(0) % blockCount
  for (let step = 0; step < blockCount; step += 1) {
    const range = `${toAddress(firstBlock + ((start + step) % blockCount) * blockSize)}/${blockPrefix}`
    if (isFree(range, taken)) return range
  }
  return null
}

/** True when a range overlaps none of the others. A default route is no claim to an address. */
export function isFree(range: string, taken: readonly string[]): boolean {
  const [first, last] = bounds(range)
  return taken
    .filter((other) => /^\d+\.\d+\.\d+\.\d+(\/[1-9]\d*)?$/.test(other))
    .map(bounds)
    .every(([from, to]) => from > last || to < first)
}

export function isInRange(address: string, range: string): boolean {
  const [first, last] = bounds(range)
  const number = toNumber(address)
  return number >= first && number <= last
}

/** The node's own address in its range. */
export function nodeAddress(range: string): string {
  return toAddress(bounds(range)[0] + 1)
}

/** Place of an address in its range: what its link is named by. */
export function offsetIn(range: string, address: string): number {
  return toNumber(address) - bounds(range)[0]
}

/** A pod's address, chosen from its uid so that one that was just given up is rarely the next. Null when all are used. */
export function choosePodAddress(range: string, uid: string, used: ReadonlySet<string>): string | null {
  const [first, last] = bounds(range)
  // Network, node, and the two of the check at the start; broadcast at the end.
  const from = first + 4
  const count = last - from
  const start = createHash('sha256').update(uid).digest().readUInt32BE(0) % count
  for (let step = 0; step < count; step += 1) {
    const address = toAddress(from + ((start + step) % count))
    if (!used.has(address)) return address
  }
  return null
}
