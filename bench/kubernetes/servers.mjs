/** The two servers of the comparison, each in processes of its own, and what they cost. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startPostgres } from '@keelson/embedded-postgres'
import { open, readAccess } from './client.mjs'

const kubeliteMain = fileURLToPath(new URL('../../packages/kubelite/src/main.ts', import.meta.url))
const ticksPerSecond = 100

/** kubelite on a Postgres of its own with its default (durable) settings. */
export async function startKubelite() {
  const folder = mkdtempSync(join(tmpdir(), 'bench-kubelite-'))
  execFileSync('chmod', ['755', folder])
  const database = await startPostgres({
    dataDir: join(folder, 'data'),
    port: await freePort(),
    password: 'bench',
    logFile: join(folder, 'postgres.log'),
  })
  const home = join(folder, 'home')
  mkdirSync(home)
  const port = String(await freePort())
  const launch = () =>
    spawn(process.execPath, ['--no-warnings', kubeliteMain], {
      env: {
        ...process.env,
        KUBELITE_DATABASE_URL: database.url('postgres'),
        KUBELITE_HOME: home,
        KUBELITE_PORT: port,
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
  let server = launch()
  const ended = () => new Promise((resolve) => server.once('exit', resolve))
  const kubeconfig = join(home, 'admin.kubeconfig')
  await until(() => existsSync(kubeconfig))
  return {
    name: 'kubelite',
    durability: 'fsync on every commit group',
    kubeconfig,
    pids: () => [server.pid, ...childrenOf(database.pid)],
    apiPids: () => [server.pid],
    /** Killed, and started again; resolves when it answers. */
    restart: async () => {
      const end = ended()
      server.kill('SIGKILL')
      await end
      server = launch()
      await answers(kubeconfig)
    },
    stop: async () => {
      const end = ended()
      server.kill('SIGTERM')
      await end
      await database.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** kube-apiserver and etcd by a folder with `kube-up` (`KEELSON_TEST_KUBE`), with a node where this runs as root. */
export async function startRealServer(folder) {
  const state = mkdtempSync(join(tmpdir(), 'bench-kube-'))
  // kube-down knows what kube-up started, and not who took its place.
  let restarted = null
  const stop = async () => {
    restarted?.kill('SIGTERM')
    execFileSync(join(folder, 'kube-down'), ['--purge', state])
  }
  const node = process.getuid?.() === 0 ? ['--node'] : []
  let kubeconfig
  try {
    kubeconfig = execFileSync(join(folder, 'kube-up'), [...node, state], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .at(-1)
  } catch (error) {
    await stop()
    throw error
  }
  const named = (name) =>
    readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .filter((pid) => {
        const command = read(`/proc/${pid}/cmdline`)
        return command.includes(state) && command.split('\0').slice(0, 2).join(' ').includes(name)
      })
      .map(Number)
  return {
    name: 'kube-apiserver 1.36',
    durability: 'etcd without fsync',
    kubeconfig,
    pids: () => [...named('apiserver'), ...named('etcd')],
    apiPids: () => named('apiserver'),
    kubectl: join(state, 'bin', 'kubectl'),
    /** Killed, and started again with the same words; resolves when it answers. */
    restart: async () => {
      const [pid] = named('apiserver')
      const [program, ...words] = read(`/proc/${pid}/cmdline`).split('\0').filter(Boolean)
      process.kill(pid, 'SIGKILL')
      await until(() => !existsSync(`/proc/${pid}`))
      restarted = spawn(program, words, { stdio: 'ignore' })
      restarted.unref()
      await answers(kubeconfig)
    },
    stop,
  }
}

/** Until the server of this kubeconfig serves. */
async function answers(kubeconfig) {
  const access = readAccess(kubeconfig)
  await until(async () => {
    const client = await open(access).catch(() => null)
    const answer = await client?.call('GET', '/api/v1/namespaces/default').catch(() => null)
    client?.close()
    return answer?.status === 200
  })
}

/** CPU seconds that the processes have used so far. @param {number[]} pids */
export function cpuSeconds(pids) {
  return pids.reduce((sum, pid) => {
    const stat = read(`/proc/${pid}/stat`)
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return sum + (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond
  }, 0)
}

function childrenOf(parent) {
  const children = readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false
    const stat = read(`/proc/${entry}/stat`)
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent
  })
  return [parent, ...children.map(Number)]
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

export async function until(done, timeoutMs = 60_000, everyMs = 100) {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; ) {
    if (await done()) return
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
  throw new Error('It did not happen in time.')
}
