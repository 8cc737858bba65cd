/** One line of a CRI log file: `2026-01-01T00:00:00.000000001Z stdout F text`. */
export type CriLine = { time: string; stream: string; partial: boolean; text: string }

/** Null for what is not a whole CRI line (the end of a file that is being written). */
export function parseCriLine(line: string): CriLine | null {
  const match = /^(\S+) (stdout|stderr) ([FP]) ?(.*)$/s.exec(line)
  if (!match) return null
  const [, time = '', stream = '', tag = 'F', text = ''] = match
  return { time, stream, partial: tag === 'P', text }
}
