import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { Attempt } from './attempt.ts'
import { logFile, numbersIn, parseCriRecord } from './cri-log.ts'
import type { ContainerView } from './pod-plan.ts'

const longestFile = 4096
const longestFromLog = 2048
const linesFromLog = 80
const tailBytes = 64 * 1024

/**
 * What a container said about its end: the termination message file, or with FallbackToLogsOnError and a failure the end
 * of its log. An ended attempt does not change, so that the text is read once.
 */
export function terminationMessage(attempt: Attempt, views: readonly ContainerView[]): string {
  const known = read.get(attempt.spec.id)
  if (known !== undefined) return known
  const container = views.find(
    (view) => view.current?.spec.id === attempt.spec.id || view.previous?.spec.id === attempt.spec.id,
  )?.spec
  let text = readHead(join(attempt.dir, 'termination-log'))
  if (text === '' && attempt.exit?.exitCode !== 0 && container?.terminationMessagePolicy === 'FallbackToLogsOnError')
    text = endOfLog(attempt)
  if (read.size > 2_000) read.clear()
  read.set(attempt.spec.id, text)
  return text
}

const read = new Map<string, string>()

function readHead(file: string): string {
  try {
    return readFileSync(file, 'utf8').slice(0, longestFile)
  } catch {
    return ''
  }
}

function endOfLog({ dir }: Attempt): string {
  try {
    const [newest = 0, before] = numbersIn(readdirSync(dir)).reverse()
    let bytes = readTail(logFile(dir, newest))
    // Right after a change of files the newest one says little.
    if (before !== undefined && bytes.length < 2 * longestFromLog)
      bytes = Buffer.concat([readTail(logFile(dir, before)), bytes])
    return textOf(bytes)
      .split('\n')
      .slice(-linesFromLog - 1)
      .join('\n')
      .slice(-longestFromLog)
  } catch {
    return ''
  }
}

function readTail(file: string): Buffer {
  const fd = openSync(file, 'r')
  try {
    const { size } = fstatSync(fd)
    const bytes = Buffer.alloc(Math.min(size, tailBytes))
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, size - bytes.length))
  } finally {
    closeSync(fd)
  }
}

/** What is not a whole record, at the beginning, is left out. */
function textOf(bytes: Buffer): string {
  let text = ''
  let from = 0
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
    const record = parseCriRecord(bytes, from, end)
    from = end + 1
    if (record !== null) text += `${bytes.toString('utf8', record.textFrom, end)}${record.partial ? '' : '\n'}`
  }
  return text
}
