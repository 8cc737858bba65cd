/** A real cluster with a node that runs pods, and Keelson's images on it. */
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const repository = resolve(import.meta.dirname, '../..')

export type Cluster = {
  kubeconfig: string
  /** The address of this machine as pods see it. */
  hostAddress: string
  /** Not blocking: what the tests lead to the cluster runs in this process too. */
  kubectl(...args: string[]): Promise<string>
  kubectlApply(yaml: string): Promise<string>
  load(archive: string): void
  stop(): void
}

/** The node's network is 10.X: the machine is the first address of the link between them. */
export function startCluster(): Cluster | { skipped: string } {
  const folder = process.env.KEELSON_TEST_KUBE
  if (!folder) return { skipped: 'KEELSON_TEST_KUBE does not name a folder with kube-up' }
  if (process.getuid?.() !== 0) return { skipped: 'a node needs root' }
  const given = process.env.KEELSON_TEST_CLUSTER
  const state = given ?? mkdtempSync(join(tmpdir(), 'keelson-cluster-'))
  const kubeconfig = execFileSync(join(folder, 'kube-up'), ['--node', state], { encoding: 'utf8' }).trim()
  const net = /^net=(.*)$/m.exec(readFileSync(join(state, 'ports'), 'utf8'))?.[1] ?? ''
  const run = (args: string[], input = '') =>
    new Promise<string>((done, fail) => {
      const options = { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const
      const command = ['--kubeconfig', kubeconfig, ...args]
      const child = execFile(join(state, 'bin/kubectl'), command, options, (error, stdout, stderr) =>
        error ? fail(new Error(`kubectl ${args.join(' ')}: ${stderr || error.message}`)) : done(stdout),
      )
      child.stdin?.end(input)
    })
  return {
    kubeconfig,
    hostAddress: `${net}.128.1`,
    kubectl: (...args) => run(args),
    kubectlApply: (yaml) => run(['apply', '--server-side', '--force-conflicts', '-f', '-'], yaml),
    load: (archive) => void execFileSync(join(folder, 'kube-load'), [state, archive], { stdio: 'inherit' }),
    stop: () => {
      if (given === undefined) execFileSync(join(folder, 'kube-down'), ['--purge', state], { stdio: 'inherit' })
    },
  }
}

/** The archive of `KEELSON_TEST_IMAGES`, or one that is made now. */
export function imagesArchive(): string {
  const given = process.env.KEELSON_TEST_IMAGES
  if (given && existsSync(given)) return given
  const out = given ?? join(mkdtempSync(join(tmpdir(), 'keelson-images-')), 'images.tar')
  execFileSync(process.execPath, ['deploy/images/build.ts', out, '--platform'], { cwd: repository, stdio: 'inherit' })
  return out
}

/** Leads connections to an address of this machine on to a port of its loopback. */
export async function relay(host: string, port: number): Promise<{ port: number; stop(): void }> {
  const server = createServer((client) => {
    const target = connect(port, '127.0.0.1')
    client.on('error', () => target.destroy())
    target.on('error', () => client.destroy())
    client.pipe(target).pipe(client)
  })
  await new Promise<void>((done) => server.listen(0, host, done))
  const address = server.address()
  return { port: typeof address === 'object' && address ? address.port : 0, stop: () => void server.close() }
}
