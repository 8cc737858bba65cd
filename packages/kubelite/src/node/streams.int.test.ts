/** exec, attach, port-forward and metrics on the wire: what a client sees frame by frame. The real clients are in e2e/wire. */
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { eventually, freePort } from '@keelson/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { markedProcesses } from './processes.ts'
import { createPod, isReady, phaseIs, processesOf, readLog, shell, untilPod, useTestCluster } from './test-cluster.ts'
import { pods } from './types.ts'

const cluster = useTestCluster()

type Query = Record<string, string | readonly string[]>
type Session = {
  protocol: string
  /** Everything that came on a channel so far. */
  text(channel: number): string
  frames: [number, string][]
  send(channel: number, text: string): void
  sendBytes(...bytes: number[]): void
  end(): void
  closed: Promise<number>
}

const pathOf = (pod: string, verb: string, query: Query) => {
  const words = Object.entries(query).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}=${encodeURIComponent(value)}`),
  )
  return `/api/v1/namespaces/default/pods/${pod}/${verb}?${words.join('&')}`
}

/** Opens a session; refusals reject with `<status> <body>`. */
function open(pod: string, verb: string, query: Query, protocol = 'v5.channel.k8s.io'): Promise<Session> {
  return new Promise((resolve, reject) => {
    const protocols = protocol === '' ? [] : [protocol]
    const socket = new WebSocket(`${cluster.url.replace('https', 'wss')}${pathOf(pod, verb, query)}`, protocols, {
      ca: cluster.ca,
      headers: { authorization: `Bearer ${cluster.adminToken}` },
    })
    const frames: [number, string][] = []
    socket.on('message', (data: Buffer) => frames.push([data[0] ?? -1, data.subarray(1).toString('latin1')]))
    const closed = new Promise<number>((done) => socket.once('close', done))
    socket.on('error', reject)
    socket.on('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => reject(new Error(`${response.statusCode} ${Buffer.concat(chunks)}`)))
    })
    const text = (channel: number) => frames.flatMap(([number, piece]) => (number === channel ? [piece] : [])).join('')
    const sendBytes = (...bytes: number[]) => socket.send(Buffer.from(bytes))
    const send = (channel: number, message: string) => sendBytes(channel, ...Buffer.from(message))
    socket.on('open', () =>
      resolve({ protocol: socket.protocol, frames, text, send, sendBytes, end: () => socket.terminate(), closed }),
    )
  })
}

const outputs = { stdout: 'true', stderr: 'true' }
const exec = (pod: string, script: string, more: Query = {}, protocol?: string) =>
  open(pod, 'exec', { command: ['sh', '-c', script], ...outputs, ...more }, protocol)

async function running(
  ...args: Parameters<typeof createPod> extends [unknown, ...infer Rest] ? Rest : never
): Promise<string> {
  const pod = await createPod(cluster.client, ...args)
  const name = pod.metadata.name ?? ''
  await untilPod(cluster.client, name, isReady)
  return name
}

describe('exec', () => {
  let pod = ''
  beforeAll(async () => {
    pod = await running({ containers: [shell('sleep 1000', { env: [{ name: 'COLOR', value: 'blue' }] })] })
  })

  test('gives outputs apart, the exit status as the real server words it, and closes', async () => {
    const session = await exec(pod, 'echo hi; echo err >&2; exit 3')
    expect(await session.closed).toBe(1000)
    expect(session.frames[0]).toEqual([1, ''])
    expect([session.text(1), session.text(2)]).toEqual(['hi\n', 'err\n'])
    expect(JSON.parse(session.text(3))).toEqual({
      metadata: {},
      status: 'Failure',
      message: 'command terminated with non-zero exit code: command terminated with exit code 3',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    })
  })

  test.each([
    ['v4.channel.k8s.io', '{"metadata":{},"status":"Success"}'],
    ['channel.k8s.io', ''],
  ])('success over %s', async (protocol, status) => {
    const session = await exec(pod, 'echo hi', {}, protocol)
    await session.closed
    expect([session.protocol, session.text(1), session.text(3)]).toEqual([protocol, 'hi\n', status])
  })

  test('the base64 form', async () => {
    const session = await exec(pod, 'echo hi; exit 9', {}, 'base64.channel.k8s.io')
    await session.closed
    const decoded = (digit: string) => Buffer.from(session.text(digit.charCodeAt(0)), 'base64').toString()
    expect(decoded('1')).toBe('hi\n')
    expect(decoded('3')).toBe(
      'command terminated with non-zero exit code: error executing command [sh -c echo hi; exit 9], exit code 9',
    )
  })

  test("runs with the container's variables, in its directory, marked as its own", async () => {
    const session = await exec(pod, 'echo $COLOR; pwd; echo $KEELSON_CONTAINER > /dev/stdout; kill -9 $$')
    await session.closed
    const id = (await untilPod(cluster.client, pod, isReady)).status?.containerStatuses?.[0]?.containerID
    expect(session.text(1)).toMatch(
      new RegExp(`^blue\\n/.*/containers/main/0/work\\n${id?.replace('keelson://', '')}\\n$`),
    )
    expect(JSON.parse(session.text(3)).details.causes[0].message).toBe('137')
  })

  test("sees the container's volumes, and is where its process is, even when a mount hides that folder", async () => {
    const mounted = (mountPath: string, more: object = {}) => ({
      containers: [{ ...shell('echo made > here; sleep 1000', more), volumeMounts: [{ name: 'space', mountPath }] }],
      volumes: [{ name: 'space', emptyDir: {} }],
    })
    // The state folder of this test lies in the temporary folder.
    const hidden = await running(mounted(tmpdir()))
    const inVolume = await running(mounted('/data', { workingDir: '/data' }))
    for (const [name, script, said] of [
      [hidden, `cat here; ls -A ${tmpdir()}`, 'made\n'],
      [inVolume, 'pwd; cat /data/here', '/data\nmade\n'],
    ] as const) {
      const session = await exec(name, script)
      await session.closed
      expect(session.text(1) + session.text(2)).toBe(said)
    }
  })

  test('a program that is not there is an error of the server', async () => {
    const session = await open(pod, 'exec', { command: 'nosuch', stdout: 'true' })
    await session.closed
    expect(JSON.parse(session.text(3))).toMatchObject({ reason: 'InternalError', code: 500 })
    expect(JSON.parse(session.text(3)).message).toContain('exec: "nosuch": executable file not found in $PATH')
  })

  test('no command, and one that no process can have', async () => {
    for (const [command, why] of [
      [[], 'args must not be empty'],
      [['echo', 'a\0b'], 'an argument holds a NUL character'],
    ] as const) {
      const session = await open(pod, 'exec', { command, stdout: 'true' })
      expect(await session.closed).toBe(1000)
      expect(JSON.parse(session.text(3)).message).toContain(why)
    }
  })

  test('a client that names no subprotocol gets the oldest', async () => {
    const session = await exec(pod, 'echo hi; exit 2', {}, '')
    await session.closed
    expect([session.protocol, session.text(1)]).toEqual(['', 'hi\n'])
    expect(session.text(3)).toMatch(/^command terminated with non-zero exit code: .*, exit code 2$/)
  })

  test('v5 closes the input by its signal, and the rest is still read', async () => {
    const session = await exec(pod, 'cat; echo done', { stdin: 'true' })
    session.send(0, 'hello\n')
    session.sendBytes(255, 0)
    await session.closed
    expect(session.text(1)).toBe('hello\ndone\n')
  })

  test('a terminal: size, its changes, one output', async () => {
    const session = await exec(pod, 'tty; while read x; do echo "<$x>"; stty size; done', {
      stdin: 'true',
      tty: 'true',
    })
    await eventually(() => session.text(1).includes('/dev/pts/'))
    session.send(4, '{"Width":101,"Height":31}')
    // Sizes have a way of their own, and may arrive after what was typed.
    await eventually(() => {
      session.send(0, 'a\n')
      return session.text(1).includes('<a>\r\n31 101\r\n')
    })
    // Ctrl-D ends the input of what reads the terminal.
    session.send(0, '\x04')
    await session.closed
    expect(session.text(3)).toContain('"status":"Success"')
  })

  test('when the client is gone a terminal is taken away, and anything else goes on', async () => {
    const before = await processesOf(await untilPod(cluster.client, pod, isReady))
    const plain = await exec(pod, 'read x; sleep 1001', { stdin: 'true' })
    const terminal = await exec(pod, 'echo up; sleep 1002', { stdin: 'true', tty: 'true' })
    await eventually(() => terminal.text(1).includes('up'))
    plain.end()
    terminal.end()
    const commands = async () => {
      const left = await exec(pod, 'ps -eo args')
      await left.closed
      return left
        .text(1)
        .split('\n')
        .map((line) => line.trim())
    }
    await eventually(async () => {
      const lines = await commands()
      return lines.includes('sleep 1001') && !lines.includes('sleep 1002')
    })
    expect((await processesOf(await untilPod(cluster.client, pod, isReady))).length).toBeGreaterThan(before.length)
  })

  test('ends with its container', async () => {
    const other = await running({ containers: [shell('sleep 2')], restartPolicy: 'Never' })
    const session = await exec(other, 'sleep 1003')
    const id = (await untilPod(cluster.client, other, isReady)).status?.containerStatuses?.[0]?.containerID ?? ''
    await untilPod(cluster.client, other, phaseIs('Succeeded'))
    await session.closed
    expect(JSON.parse(session.text(3)).details.causes[0].message).toBe('137')
    expect(await markedProcesses(id.replace('keelson://', ''))).toEqual([])
    await expect(exec(other, 'true')).rejects.toThrow('500 container not found ("main")')
    await expect(open(other, 'attach', outputs)).rejects.toThrow(`500 container main not found in pod ${other}_default`)
    await expect(open(other, 'portforward', { ports: '80' }, 'v4.channel.k8s.io')).rejects.toThrow(
      `500 pod not found ("${other}_default")`,
    )
  })

  test.each([
    ['no streams', { command: 'id' }, '400 you must specify at least 1 of stdin, stdout, stderr'],
    ['another container', { command: 'id', stdout: 'true', container: 'x' }, 'container x is not valid for pod'],
  ])('refused: %s', async (_what, query, message) => {
    await expect(open(pod, 'exec', query)).rejects.toThrow(message)
  })

  test('a subprotocol that is not spoken is refused', async () => {
    await expect(exec(pod, 'true', {}, 'v3.channel.k8s.io')).rejects.toThrow('403')
  })

  test('SPDY is refused by name', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const call = request(
        `${cluster.url}${pathOf(pod, 'exec', { command: 'id', stdout: 'true' })}`,
        {
          method: 'POST',
          ca: cluster.ca,
          headers: { authorization: `Bearer ${cluster.adminToken}`, connection: 'Upgrade', upgrade: 'SPDY/3.1' },
        },
        (response) => {
          let body = ''
          response.on('data', (chunk) => {
            body += chunk
          })
          response.on('end', () => resolve(`${response.statusCode} ${body}`))
        },
      )
      call.on('error', reject)
      call.end()
    })
    expect(answer).toMatch(/^501 .*SPDY.*kubectl 1\.31 or newer/)
  })
})

describe('attach', () => {
  const echo = 'while read x; do echo "<$x>"; done; echo over; sleep 1000'

  test('joins output from now on, and an input that outlives its visitors and the kubelet', async () => {
    const pod = await running({ containers: [shell(`echo early; ${echo}`, { stdin: true })] })
    await eventually(async () => (await readLog(cluster, pod)) === 'early\n')
    const first = await open(pod, 'attach', { stdin: 'true', ...outputs })
    first.send(0, 'one\n')
    await eventually(() => first.text(1).includes('<one>'))
    expect(first.text(1)).not.toContain('early')
    first.sendBytes(255, 0)
    await first.closed
    expect(first.text(3)).toBe('{"metadata":{},"status":"Success"}')
    await cluster.halt()
    await cluster.resume()
    await untilPod(cluster.client, pod, isReady)
    const [second, watcher] = await eventually(async () =>
      Promise.all([open(pod, 'attach', { stdin: 'true', ...outputs }), open(pod, 'attach', outputs)]),
    )
    second.send(0, 'two\n')
    await eventually(() => second.text(1).includes('<two>') && watcher.text(1).includes('<two>'))
    second.end()
    watcher.end()
    expect(await readLog(cluster, pod)).toBe('early\n<one>\n<two>\n')
  })

  test('stdinOnce: the first visitor takes the input along, and the end of the container ends the visit', async () => {
    const pod = await running({ containers: [shell('cat; echo over', { stdin: true, stdinOnce: true })] })
    const session = await open(pod, 'attach', { stdin: 'true', ...outputs })
    session.send(0, 'words\n')
    session.sendBytes(255, 0)
    await session.closed
    expect([session.text(1), session.text(3)]).toEqual(['words\nover\n', '{"metadata":{},"status":"Success"}'])
    await untilPod(cluster.client, pod, phaseIs('Succeeded'))
  })

  test('a container with a terminal of its own', async () => {
    const script = 'stty size; tty; trap "echo bye; exit 7" TERM; while :; do read x && echo "<$x>"; done'
    const pod = await running({
      containers: [shell(script, { stdin: true, tty: true })],
      terminationGracePeriodSeconds: 20,
    })
    const session = await open(pod, 'attach', { stdin: 'true', stdout: 'true', tty: 'true' })
    session.send(4, '{"Width":90,"Height":20}')
    session.send(0, 'hi\n')
    await eventually(() => session.text(1).includes('<hi>\r\n'))
    await cluster.client.delete(pods, { namespace: 'default', name: pod })
    await session.closed
    expect(session.text(1)).toMatch(/bye\r\n$/)
  })
})

describe('port-forward', () => {
  const python = (port: number, host: string) =>
    shell(`exec python3 -m http.server ${port} --bind ${host}`, { name: `on-${host.replace(/\W/g, '-')}` })

  test('reaches what the pod listens at, on its loopback too, and nothing else', async () => {
    const [shared, everywhere, foreign] = [await freePort(), await freePort(), await freePort()]
    const pod = await running({ containers: [python(shared, '127.0.0.1'), python(everywhere, '0.0.0.0')] })
    const someoneElse = createServer((socket) => socket.end('secret')).listen(foreign, '0.0.0.0')
    try {
      for (const port of [shared, everywhere]) {
        const session = await eventually(async () => {
          const tried = await open(pod, 'portforward', { ports: String(port) }, 'v4.channel.k8s.io')
          tried.send(0, 'GET / HTTP/1.0\r\n\r\n')
          await tried.closed
          return tried.text(0).length > 2 ? tried : false
        })
        expect(session.frames.slice(0, 2)).toEqual([0, 1].map((n) => [n, String.fromCharCode(port & 255, port >> 8)]))
        expect(session.text(0).slice(2)).toMatch(/^HTTP\/1\.0 200 OK/)
      }
      const refused = await open(pod, 'portforward', { ports: [String(foreign), '1'] }, 'v4.channel.k8s.io')
      await refused.closed
      expect(refused.text(0) + refused.text(2)).not.toContain('secret')
      for (const [channel, port] of [[1, foreign] as const, [3, 1] as const])
        expect(refused.text(channel)).toContain(`failed to connect to localhost:${port}: connection refused`)
    } finally {
      someoneElse.close()
    }
  })

  test('a port is asked for', async () => {
    const pod = await running({ containers: [shell('sleep 1000')] })
    await expect(open(pod, 'portforward', {}, 'v4.channel.k8s.io')).rejects.toThrow(
      '400 query parameter "port" is required',
    )
    await expect(open(pod, 'portforward', { ports: '0' }, 'v4.channel.k8s.io')).rejects.toThrow(
      '400 port "0" must be > 0',
    )
    await expect(open(pod, 'portforward', { ports: 'x' }, 'v4.channel.k8s.io')).rejects.toThrow('invalid syntax')
  })
})

test('a state folder with a long name is no hindrance to attach', async () => {
  const { attachContainer, attachSocket } = await import('./attach.ts')
  const { launchAttempt, prepareAttempt } = await import('./attempt.ts')
  const root = await mkdtemp(join(cluster.stateFolder, 'long-'))
  const dir = join(root, 'x'.repeat(120), 'y'.repeat(60), '0')
  expect(join(dir, attachSocket).length).toBeGreaterThan(200)
  await prepareAttempt(dir)
  const spec = {
    id: 'long-name',
    argv: ['sh', '-c', 'cat'],
    env: { KEELSON_CONTAINER: 'long-name', PATH: '/usr/bin:/bin' },
  }
  const attempt = await launchAttempt(
    dir,
    0,
    {
      ...spec,
      cwd: dir,
      image: '',
      imageId: '',
      crashes: 0,
      namespaced: false,
      stdin: true,
      createdAt: new Date().toISOString(),
    },
    () => {},
  )
  const streams = await attachContainer(attempt, { stdin: true, stdinOnce: true })
  streams.stdin?.end('through\n')
  streams.stderr?.resume()
  if (streams.stdout === null) throw new Error('no output')
  expect(await text(streams.stdout)).toBe('through\n')
  expect(await streams.ended).toBe(0)
  await rm(root, { recursive: true, force: true })
})

test('metrics: a pod that works and one that holds memory', async () => {
  const hold = 'exec python3 -c "x = b\'1\' * 80_000_000; import time; time.sleep(1000)"'
  const [busy, full] = await Promise.all([
    running({ containers: [shell('while :; do :; done')] }),
    running({ containers: [shell(hold)] }),
  ])
  const get = async (path: string) => {
    const answer = await readRaw(`/apis/metrics.k8s.io/v1beta1/${path}`)
    return JSON.parse(answer)
  }
  const usageOf = async (pod: string) => (await get(`namespaces/default/pods/${pod}`)).containers[0].usage
  await eventually(async () => Number.parseInt((await usageOf(busy)).cpu, 10) > 50_000_000)
  await eventually(async () => Number.parseInt((await usageOf(full)).memory, 10) > 78_000)
  expect(Number.parseInt((await usageOf(full)).cpu, 10)).toBeLessThan(50_000_000)
  const list = await get(`namespaces/default/pods?labelSelector=app=${full}`)
  expect(list).toMatchObject({
    kind: 'PodMetricsList',
    items: [{ metadata: { name: full }, containers: [{ name: 'main' }] }],
  })
  const [node] = (await get('nodes')).items
  expect(Number.parseInt(node.usage.memory, 10)).toBeGreaterThan(78_000)
  expect(await get('namespaces/default/pods/nope')).toMatchObject({
    code: 404,
    message: 'podmetrics.metrics.k8s.io "default/nope" not found',
  })
})

function readRaw(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { ca: cluster.ca, headers: { authorization: `Bearer ${cluster.adminToken}` } }
    const call = request(`${cluster.url}${path}`, options, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve(body))
    })
    call.on('error', reject)
    call.end()
  })
}
