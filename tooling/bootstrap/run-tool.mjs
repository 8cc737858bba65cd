import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { explain } from './trouble.mjs'

/** Runs a program to its end and returns what it printed; throws the sentence that tells what went wrong. */
export function runTool(what, command, args, { cwd, env, logFile, shell = false }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, shell, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.once('error', (error) => reject(explain(what, String(error), logFile)))
    child.once('close', (code) => {
      if (code === 0) return resolve(output)
      try {
        mkdirSync(dirname(logFile), { recursive: true })
        writeFileSync(logFile, output)
      } catch {
        // The disk may be what is full; the sentence still tells.
      }
      reject(explain(what, output, logFile))
    })
  })
}
