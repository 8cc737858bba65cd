import { describeError } from './app-error.ts'

/** The closed list of keys that carry identity, so that logs of all processes can be joined. Other keys are free. */
export type LogFields = {
  requestId?: string
  reconcileId?: string
  workspace?: string
  actor?: string
  kind?: string
  namespace?: string
  name?: string
  durationMs?: number
  error?: unknown
  [key: string]: unknown
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
const order: Record<LogLevel, number> = { debug: 10, info: 20, warn: 30, error: 40 }

export type Logger = {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger that adds these fields to every line. */
  with(fields: LogFields): Logger
}

export type LoggerOptions = {
  app: string
  level?: LogLevel
  write?: (line: string) => void
}

/**
 * JSON lines on standard output: a constant message and key-values, nothing interpolated. error = someone should look,
 * warn = we coped, info = one per unit of work, debug = off by default.
 */
export function createLogger(options: LoggerOptions, base: LogFields = {}): Logger {
  const write = options.write ?? ((line: string) => void process.stdout.write(line))
  const minimum = order[options.level ?? 'info']
  const log = (level: LogLevel, message: string, fields: LogFields = {}) => {
    if (order[level] < minimum) return
    const { error, ...rest } = { ...base, ...fields }
    const failure = error === undefined ? {} : { error: describeError(error), ...stackOf(error, level) }
    write(
      `${JSON.stringify({ at: new Date().toISOString(), level, app: options.app, message, ...rest, ...failure })}\n`,
    )
  }
  return {
    debug: (message, fields) => log('debug', message, fields),
    info: (message, fields) => log('info', message, fields),
    warn: (message, fields) => log('warn', message, fields),
    error: (message, fields) => log('error', message, fields),
    with: (fields) => createLogger(options, { ...base, ...fields }),
  }
}

function stackOf(error: unknown, level: LogLevel): { stack?: string } {
  return level === 'error' && error instanceof Error && error.stack ? { stack: error.stack } : {}
}

/** For tests and libraries that were given no logger. */
export const silentLogger: Logger = createLogger({ app: 'silent', level: 'error', write: () => {} })
