import { spawn } from 'node:child_process'

/** A program of the system that said no; the message is its own last words. */
export class CommandError extends Error {}

/** Runs a program with text on its standard input and gives what it wrote. Throws {@link CommandError}. */
export function run(program: string, args: readonly string[], input = '', timeoutMs = 10_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' })
    const out: Buffer[] = []
    const errors: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
    // A program that ends before it has read everything says why on its own.
    child.stdin.on('error', () => {})
    child.on('error', (error) => reject(new CommandError(`${program}: ${error.message}`)))
    child.on('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(out).toString('utf8'))
      else
        reject(
          new CommandError(
            `${program}: ${Buffer.concat(errors).toString('utf8').trim() || `ended with ${signal ?? code}`}`,
          ),
        )
    })
    child.stdin.end(input)
  })
}
