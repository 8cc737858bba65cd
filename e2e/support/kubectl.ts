/** The real `kubectl`, run as one of the people of the kubeconfig that the platform writes. */
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'

/** Where a kubectl is: named by KEELSON_TEST_KUBECTL, in the folder of KEELSON_TEST_KUBE, or on the PATH. */
export function findKubectl(): string | null {
  const named = process.env.KEELSON_TEST_KUBECTL
  if (named) return named
  const testBed = process.env.KEELSON_TEST_KUBE
  if (testBed && existsSync(join(testBed, 'kube.zst'))) return unpack(join(testBed, 'kube.zst'))
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'kubectl'))
  return onPath.find((path) => existsSync(path)) ?? null
}

/** The test bed's one binary is kubectl when it is called by that name. */
function unpack(archive: string): string {
  const folder = join(tmpdir(), 'keelson-test-kubectl')
  const link = join(folder, 'kubectl')
  if (existsSync(link)) return link
  mkdirSync(folder, { recursive: true })
  const fresh = join(folder, `kube.${process.pid}`)
  writeFileSync(fresh, zstdDecompressSync(readFileSync(archive)))
  chmodSync(fresh, 0o755)
  renameSync(fresh, join(folder, 'kube'))
  if (!existsSync(link)) symlinkSync('kube', link)
  return link
}

export type KubectlAnswer = { code: number; stdout: string; stderr: string }

/** Runs kubectl; a failure is an answer too. */
export function kubectl(
  options: { binary: string; kubeconfig: string; context: string; input?: string; timeoutMs?: number },
  ...args: string[]
): Promise<KubectlAnswer> {
  return new Promise((resolve) => {
    const child = execFile(
      options.binary,
      ['--kubeconfig', options.kubeconfig, '--context', options.context, ...args],
      {
        timeout: options.timeoutMs ?? 60_000,
        maxBuffer: 32 * 1024 * 1024,
        env: { PATH: process.env.PATH, HOME: tmpdir() },
      },
      (error, stdout, stderr) =>
        resolve({ code: error ? ((error.code as unknown as number) ?? 1) : 0, stdout, stderr }),
    )
    child.stdin?.end(options.input ?? '')
  })
}
