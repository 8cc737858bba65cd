/**
 * The commands up to the point where Node 24 and the packages are there; what they do stands in apps/local. No
 * dependencies: this runs before anything is installed, on Node 20.19 and up. Progress goes to standard error.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { toolEnvironment } from './node-tools.mjs'
import { home, root } from './paths.mjs'
import { isInstalled, prepare } from './prepare.mjs'
import { requirePython } from './python.mjs'
import { Trouble } from './trouble.mjs'

const usage = `Usage:
  npm start [-- --detach] [-- --no-sample]     start the platform, and the sample project beside it
            [-- --take-over]                   from another installation that runs the cluster of KUBECONFIG
  npm run stop                                 stop it
  npm run status [-- --json]                   is it running, and where
  npm run reset [-- --yes]                     delete its state
  npm run demo                                 run the sample project headless and check every step
  npm run -s token -- --as EMAIL [--workspace NAME] [--ttl 1h]   print a personal access token
`

/** Which commands run pods or serve pages, and so need Python and the built dashboard. */
const commands = { start: 'all', demo: 'all', stop: 'quick', status: 'quick', reset: 'quick', token: 'quick' }

/** Runs one command and resolves with the exit code. */
export async function run(args) {
  const needs = commands[args[0]]
  if (needs === undefined) {
    process.stderr.write(usage)
    return 2
  }
  try {
    // In a cluster of one's own pods bring their Python with them.
    if (needs === 'all' && !process.env.KUBECONFIG) requirePython()
    else if (needs !== 'all' && !existsSync(home) && !isInstalled())
      throw new Trouble(`Keelson has never been started here (there is no ${home}): run npm start.`)
    const node = await prepare({ web: needs === 'all' })
    return await runLocal(node, args)
  } catch (error) {
    process.stderr.write(`${error instanceof Trouble ? error.message : error.stack}\n`)
    return 1
  }
}

/** The launcher itself, in the Node that runs TypeScript. It stops when the channel to us closes. */
function runLocal(node, args) {
  const entry = join(root, 'apps/local/src/main.ts')
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', entry, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: toolEnvironment(node),
  })
  // A terminal sends Ctrl-C to the child as well; it decides when to end, and we wait for it.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)))
  })
}
