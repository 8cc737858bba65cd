import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Attempt } from './attempt.ts'
import { parseCriLine } from './cri-log.ts'
import type { ContainerView } from './pod-plan.ts'

const longestFile = 4096
const longestFromLog = 2048
const linesFromLog = 80

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

function endOfLog(attempt: Attempt): string {
  try {
    const lines = readFileSync(join(attempt.dir, 'log'))
      .subarray(-64 * 1024)
      .toString('utf8')
      .split('\n')
      .slice(-linesFromLog - 1)
    return lines
      .map((line) => parseCriLine(line)?.text ?? '')
      .join('\n')
      .trim()
      .slice(-longestFromLog)
  } catch {
    return ''
  }
}
