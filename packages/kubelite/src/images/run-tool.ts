import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'

export type ToolResult = { code: number; stdout: string; lines: string[] }

export type RunToolOptions = {
  cwd?: string
  env: Readonly<Record<string, string | undefined>>
  onLine?: (line: string) => void
  signal?: AbortSignal | undefined
  timeoutMs?: number
  /** Ask the kernel to kill the program when this process is killed (Linux with util-linux; elsewhere it ends by itself). */
  dieWithParent?: boolean
}

const setpriv =
  process.platform === 'linux' ? ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path)) : undefined

const keptLines = 200

/**
 * Runs a program to its end and gives its exit code (127 when it could not be started), its standard output, and the
 * last lines of both streams together. Never throws: what a failure means is the caller's to say.
 */
export function runTool(command: string, args: readonly string[], options: RunToolOptions): Promise<ToolResult> {
  return new Promise((resolve) => {
    const lines: string[] = []
    let stdout = ''
    // A group of its own, so that an abort also ends the tool's children (compilers, pip's build back ends).
    const [program = command, ...words] =
      options.dieWithParent && setpriv !== undefined
        ? [setpriv, '--pdeathsig', 'KILL', '--', command, ...args]
        : [command, ...args]
    const child = spawn(program, words, {
      cwd: options.cwd,
      env: { ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const kill = () => {
      if (child.pid === undefined) return
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // Already gone.
      }
    }
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(kill, options.timeoutMs)
    options.signal?.addEventListener('abort', kill, { once: true })
    const take = (line: string) => {
      const text = stripAnsi(line).trimEnd()
      if (text === '') return
      lines.push(text)
      if (lines.length > keptLines) lines.shift()
      options.onLine?.(text)
    }
    const finish = (code: number) => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', kill)
      resolve({ code, stdout, lines })
    }
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('utf8')
    })
    splitLines(child.stdout, take)
    splitLines(child.stderr, take)
    child.on('error', (error) => {
      lines.push(error.message)
      finish(127)
    })
    child.on('close', (code) => finish(code ?? 137))
  })
}

function splitLines(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = ''
  stream.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString('utf8')).split(/\r?\n|\r/)
    rest = parts.pop() ?? ''
    for (const part of parts) take(part)
  })
  stream.on('end', () => {
    if (rest !== '') take(rest)
  })
}

function stripAnsi(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is removed
  return text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '')
}
