import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureEnvironment } from '@keelson/kubelite/images'
import { eventually, freePort } from '@keelson/testing'

export const pythonDir = fileURLToPath(new URL('../../python', import.meta.url))

/** The built-in Python environment's interpreter; built (once per machine) when the cache lacks it. */
export async function mlPython(): Promise<string> {
  return join((await ensureEnvironment('ml')).path, 'bin', 'python')
}

/** Runs Python code in that environment and gives what it printed. */
export async function runPython(python: string, code: string, ...args: string[]): Promise<string> {
  const child = spawn(python, ['-c', code, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = collect(child)
  const [exit] = (await once(child, 'close')) as [number | null]
  if (exit !== 0) throw new Error(`python ended with ${exit}: ${output.text()}`)
  return output.text()
}

export type ModelServer = {
  url: string
  log(): string
  terminationMessage(): string
  /** Resolves with the exit code after the signal. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  exited: Promise<number | null>
}

/** The model server as a pod would start it; resolves as soon as it listens. */
export async function startModelServer(
  python: string,
  name: string,
  storageUri: string,
  ...args: string[]
): Promise<ModelServer> {
  const port = await freePort()
  const terminationLog = join(mkdtempSync(join(tmpdir(), 'keelson-server-')), 'termination-log')
  writeFileSync(terminationLog, '')
  const flags = [
    '--model_name',
    name,
    '--storage_uri',
    storageUri,
    '--port',
    String(port),
    '--termination_log',
    terminationLog,
    ...args,
  ]
  const child = spawn(python, ['-m', 'keelson_server', ...flags], { cwd: pythonDir, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = collect(child)
  const exited = once(child, 'close').then(([code]) => code as number | null)
  await eventually(() => output.text().includes('listening on'), { timeoutMs: 60_000 })
  return {
    url: `http://127.0.0.1:${port}`,
    log: output.text,
    terminationMessage: () => readFileSync(terminationLog, 'utf8'),
    stop: (signal = 'SIGTERM') => {
      child.kill(signal)
      return exited
    },
    exited,
  }
}

function collect(child: ChildProcess): { text(): string } {
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (part: string) => (text += part))
  return { text: () => text }
}
