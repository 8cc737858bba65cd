import { fileURLToPath } from 'node:url'
import type { HostEnvironment } from '../images/env.ts'
import { findPython } from '../images/index.ts'

const program = fileURLToPath(new URL('./terminal.py', import.meta.url))

/** The file descriptor on which `terminal.py` reads sizes; its end takes the terminal away. */
export const controlFd = 4

/** The words in front of a command that give it a terminal. Needs the machine's Python, as images do. */
export async function terminalWords(hostEnv: HostEnvironment): Promise<string[]> {
  const python = await findPython(hostEnv)
  // Isolated from the container's PYTHON… variables, and without the site's modules, which cost a third of the start.
  return [python.path, '-I', '-S', program]
}

export const sizeLine = (size: { columns: number; rows: number }): string => `${size.columns} ${size.rows}\n`
