/** The real kubectl and the real Python client on running pods: exec, attach, run, port-forward, cp, logs and top. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestKubelite, withKubelite } from '@keelson/kubelite/testing'
import { eventually, freePort, withPostgres } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findKubectl, type KubectlAnswer, kubectl } from '../support/kubectl.ts'
import { mlPython, runPython } from '../support/model-server.ts'

const binary = findKubectl()
const script = readFileSync(new URL('kubernetes/streams.py', import.meta.url), 'utf8')

let kubelite: TestKubelite
let stop = async () => {}
let port = 0
const folder = mkdtempSync(join(tmpdir(), 'keelson-streams-'))

beforeAll(async () => {
  const database = await withPostgres()
  kubelite = await withKubelite({ databaseUrl: database.url, run: 'all' })
  stop = async () => {
    await kubelite.stop()
    await database.stop()
  }
  port = await freePort()
  const container = (name: string, ...command: string[]) => ({ name, image: 'busybox:1', command })
  const client = kubelite.client('system:admin')
  const accounts = { group: '', version: 'v1', plural: 'serviceaccounts' }
  await eventually(async () => (await client.find(accounts, { namespace: 'default', name: 'default' })) !== null)
  await client.create({ group: '', version: 'v1', plural: 'pods' }, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [
        container('main', 'python3', '-m', 'http.server', String(port), '--bind', '127.0.0.1'),
        container('side', 'sh', '-c', 'for i in 1 2 3; do echo "line $i"; done; sleep 1000'),
      ],
    },
  } as never)
  const ready = async () => {
    const pod = await client.get({ group: '', version: 'v1', plural: 'pods' }, { namespace: 'default', name: 'web' })
    const { phase } = (pod as { status?: { phase?: string } }).status ?? {}
    return phase === 'Running'
  }
  await eventually(ready, { timeoutMs: 30_000 })
})
afterAll(async () => {
  await stop()
  rmSync(folder, { recursive: true, force: true })
})

test('the Python client: exec in its forms, a terminal, port-forward, refusals, metrics', async () => {
  const printed = await runPython(await mlPython(), script, kubelite.kubeconfigPath, 'web', String(port))
  expect(JSON.parse(/^RESULT (.*)$/m.exec(printed)?.[1] ?? 'null')).toEqual({
    text: expect.stringMatching(/^hi\n\/.*\/containers\/main\/0\/work\n$/),
    stdout: '<one>\n<end>\n',
    stderr: 'err\n',
    returncode: 3,
    terminal: 'go\r\n33 77\r\n',
    binary: [300_000, 300_000],
    forwarded: 'HTTP/1.0 200 OK',
    nobody: expect.stringContaining('failed to connect to localhost:1: connection refused'),
    missing: [0, expect.stringContaining('pods \\"nope\\" not found')],
    container: [0, expect.stringContaining('container nope is not valid for pod web')],
    metrics: ['web'],
  })
})

describe.skipIf(binary === null)('kubectl', () => {
  const run = (input: string | null, ...args: string[]): Promise<KubectlAnswer> =>
    kubectl(
      {
        binary: binary ?? '',
        kubeconfig: kubelite.kubeconfigPath,
        context: 'kubelite',
        ...(input === null ? {} : { input }),
      },
      ...args,
    )

  test('exec: output, input, exit status', async () => {
    const failed = await run(null, 'exec', 'web', '-c', 'main', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7')
    expect([failed.code, failed.stdout, failed.stderr]).toEqual([
      7,
      'out\n',
      'err\ncommand terminated with exit code 7\n',
    ])
    const fed = await run(
      'some words',
      'exec',
      '-i',
      'web',
      '-c',
      'main',
      '--',
      'sh',
      '-c',
      'cat; echo . > /dev/stdout',
    )
    expect(fed).toMatchObject({ code: 0, stdout: 'some words.\n' })
  })

  test('exec of a program, container or pod that is not there', async () => {
    expect((await run(null, 'exec', 'web', '-c', 'main', '--', 'nosuch')).stderr).toContain(
      'exec: "nosuch": executable file not found in $PATH',
    )
    expect((await run(null, 'exec', 'web', '-c', 'nope', '--', 'id')).stderr).toContain('container nope is not valid')
    expect((await run(null, 'exec', 'nope', '--', 'id')).stderr).toContain('pods "nope" not found')
  })

  test('cp there and back, a folder and a large file', async () => {
    const large = join(folder, 'large')
    writeFileSync(large, Buffer.alloc(5_000_000, 'keelson '))
    const nowhere = await run(null, 'cp', '-c', 'side', large, 'web:copied/large')
    expect([nowhere.code === 0, nowhere.stderr.includes('No such file or directory')]).toEqual([false, true])
    await run(null, 'exec', 'web', '-c', 'side', '--', 'mkdir', 'copied')
    expect(await run(null, 'cp', '-c', 'side', large, 'web:copied/large')).toMatchObject({ code: 0 })
    expect(await run(null, 'cp', '-c', 'side', 'web:copied', join(folder, 'back'))).toMatchObject({ code: 0 })
    expect(readFileSync(join(folder, 'back/large')).equals(readFileSync(large))).toBe(true)
  })

  test('run -i: input, output and exit status of a pod of its own', async () => {
    const answer = await run(
      'hello\n',
      ...['run', 'one-off', '-i', '--rm', '--quiet', '--restart=Never', '--image=busybox:1'],
      ...['--', 'sh', '-c', 'read x; echo "<$x>"; sleep 0.2; exit 5'],
    )
    expect([answer.code, answer.stdout]).toEqual([5, '<hello>\n'])
    expect((await run(null, 'get', 'pod', 'one-off')).stderr).toContain('(NotFound)')
  })

  test('port-forward: many connections at once, and a port where nobody listens', async () => {
    const local = await freePort()
    const other = await freePort()
    const forward = spawn(binary ?? '', [
      ...['--kubeconfig', kubelite.kubeconfigPath, 'port-forward', 'pod/web', `${local}:${port}`, `${other}:1`],
    ])
    let said = ''
    for (const stream of [forward.stdout, forward.stderr])
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString()
      })
    try {
      await eventually(() => said.includes(`Forwarding from 127.0.0.1:${other} -> 1`), { timeoutMs: 15_000 })
      const get = async () => {
        const answer = await fetch(`http://127.0.0.1:${local}/`)
        return `${answer.status} ${(await answer.text()).slice(0, 15)}`
      }
      const answers = await Promise.all(Array.from({ length: 20 }, get))
      expect(new Set(answers)).toEqual(new Set(['200 <!DOCTYPE HTML>']))
      await expect(fetch(`http://127.0.0.1:${other}/`)).rejects.toThrow()
      await eventually(() => said.includes('failed to connect to localhost:1: connection refused'))
    } finally {
      forward.kill()
    }
  })

  test('what another process of the machine listens at is not the pod’s', async () => {
    const server = createServer((_request, response) => response.end('secret'))
    const [local, foreign] = [await freePort(), await freePort()]
    await new Promise<void>((resolve) => server.listen(foreign, '127.0.0.1', resolve))
    const forward = spawn(binary ?? '', [
      ...['--kubeconfig', kubelite.kubeconfigPath, 'port-forward', 'pod/web', `${local}:${foreign}`],
    ])
    let said = ''
    forward.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    try {
      await eventually(() => said.includes('Forwarding from 127.0.0.1'), { timeoutMs: 15_000 })
      await expect(fetch(`http://127.0.0.1:${local}/`)).rejects.toThrow()
    } finally {
      forward.kill()
      server.close()
    }
  })

  test('logs: all containers, prefixes with a selector, tail, bytes, times', async () => {
    const logs = async (...args: string[]) => (await run(null, 'logs', ...args)).stdout
    expect(await logs('web', '-c', 'side')).toBe('line 1\nline 2\nline 3\n')
    expect(await logs('web', '--all-containers', '--tail=1')).toContain('line 3\n')
    expect(await logs('-l', 'app=web', '--all-containers', '--prefix')).toContain('[pod/web/side] line 2\n')
    expect(await logs('web', '-c', 'side', '--limit-bytes=10')).toBe('line 1\nlin')
    const [stamp = ''] = (await logs('web', '-c', 'side', '--timestamps')).split('\n')
    expect(stamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z line 1$/)
    expect(await logs('web', '-c', 'side', '--since-time=2100-01-01T00:00:00Z')).toBe('')
    expect(await logs('web', '-c', 'side', '--since=1h')).toBe('line 1\nline 2\nline 3\n')
  })

  test('top', async () => {
    const top = await run(null, 'top', 'pods', '--containers')
    expect(top.stdout).toMatch(/POD\s+NAME\s+CPU\(cores\)\s+MEMORY\(bytes\)/)
    expect(top.stdout).toMatch(/web\s+main\s+\d+m\s+\d+Mi/)
    expect((await run(null, 'top', 'nodes')).stdout).toMatch(/\s\d+m\s+\d+%\s+\d+Mi\s+\d+%/)
  })

  test('debug is refused by name', async () => {
    expect((await run(null, 'debug', 'web', '--image=busybox:1')).stderr).toContain(
      'kubelite does not implement pods/ephemeralcontainers',
    )
  })
})
