/** The files of a volume over HTTP: the real gateway, cluster and database, and Keelson's own file server over a folder. */
import { type ChildProcess, spawn } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { PvcViewer } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { eventually, freePort } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway, trpc } from '../testing/start-gateway.ts'

const resource = (group: string, version: string, plural: string, kind: string) => ({
  group,
  version,
  plural,
  kind,
  namespaced: true,
})
const claims = resource('', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim')
const viewers = resource('kubeflow.org', 'v1alpha1', 'pvcviewers', 'PVCViewer')
const slices = resource('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice')
const bindings = resource('rbac.authorization.k8s.io', 'v1', 'rolebindings', 'RoleBinding')
const mail = (name: string) => `${name}@example.test`
const patience = { timeoutMs: 20_000 }

let gateway: TestGateway
let workspace = ''
let folder = ''
let server: ChildProcess | undefined
const cookies = new Map<string, string>()

beforeAll(async () => {
  const started = await startGateway('kubelite')
  if ('skipped' in started) throw new Error(started.skipped)
  gateway = started
  for (const name of ['ana', 'olga', 'vic', 'mallory']) cookies.set(name, await gateway.signIn(mail(name)))
  workspace = await gateway.platform.makeWorkspace({
    owner: { kind: 'User', name: mail('olga') },
    contributor: { kind: 'User', name: mail('ana') },
    viewer: { kind: 'User', name: mail('vic') },
  })
  await makeClaim('data')
  folder = mkdtempSync(join(tmpdir(), 'keelson-volume-'))
  mkdirSync(join(folder, 'deep/er'), { recursive: true })
  writeFileSync(join(folder, 'deep/hello.txt'), 'hello')
  writeFileSync(join(folder, 'page.html'), '<script>alert(1)</script>')
  writeFileSync(join(folder, 'dot.png'), Buffer.from('89504e470d0a1a0a', 'hex'))
  symlinkSync('/etc', join(folder, 'out'))
  symlinkSync('/etc/passwd', join(folder, 'secrets.txt'))
  symlinkSync('deep', join(folder, 'inner'))
  await eventually(async () => expect((await open('ana')).status).toBe(200), patience)
  await serve()
  await eventually(async () => expect((await ask('ana', 'GET', 'list?path=')).status).toBe(200), patience)
}, 180_000)
afterAll(async () => {
  server?.kill('SIGKILL')
  await gateway?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const create = (kind: typeof claims, object: Record<string, unknown>) =>
  gateway.platform.kube.create(kind, object as KubeObject)
const makeClaim = (name: string, spec: object = {}) =>
  create(claims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace: workspace, name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  })
const open = (who: string, name = 'data') =>
  trpc(gateway.url, 'volumes.openFiles', 'mutation', { workspace, name }, headersOf(who))

/** The viewer's pod, which this cluster without a node does not run: the same program with the same environment. */
async function serve(): Promise<void> {
  const { spec } = await gateway.platform.kube.get<PvcViewer>(viewers, { namespace: workspace, name: 'data' })
  const [container] = spec.podSpec.containers as unknown as { env: { name: string; value?: string }[] }[]
  const hash = container?.env.find(({ name }) => name === 'KEELSON_FILES_TOKEN_SHA256')?.value ?? ''
  const port = await freePort()
  server = spawn('python3', ['-m', 'keelson_files'], {
    cwd: resolve(import.meta.dirname, '../../../../python'),
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH ?? '',
      KEELSON_FILES_ROOT: folder,
      KEELSON_FILES_PORT: String(port),
      KEELSON_FILES_TOKEN_SHA256: hash,
      POD_IP: '127.0.0.1',
    },
  })
  await create(slices, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: workspace, name: 'data-1', labels: { 'kubernetes.io/service-name': 'pvcviewer-data' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
    ports: [{ name: 'http', port, protocol: 'TCP' }],
  })
}

const headersOf = (who: string): Record<string, string> => {
  const cookie = cookies.get(who)
  return cookie === undefined ? {} : { cookie, origin: gateway.url }
}
const address = (call: string, volume = 'data') =>
  `${gateway.url}/workspaces/${workspace}/volumes/${volume}/files/${call}`
async function ask(who: string, method: string, call: string, init: RequestInit = {}) {
  const headers = { ...headersOf(who), ...(init.headers as Record<string, string>) }
  const answer = await fetch(address(call), { redirect: 'manual', ...init, method, headers })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}
const namesIn = async (path: string) => {
  const { text } = await ask('ana', 'GET', `list?path=${path}`)
  return (JSON.parse(text) as { entries: { name: string }[] }).entries.map(({ name }) => name)
}
const partsOf = () => readdirSync(join(folder, '.keelson-uploads'))

describe('the files of a volume', () => {
  it('are listed, read in parts, made, renamed and deleted, and the changes are on record', async () => {
    const { text, headers } = await ask('ana', 'GET', 'list?path=')
    expect(JSON.parse(text).entries).toMatchObject([
      { name: 'deep', kind: 'folder' },
      { name: 'dot.png', kind: 'file', sizeBytes: 8 },
      { name: 'inner', kind: 'link', target: 'deep' },
      { name: 'out', kind: 'link', target: '/etc' },
      { name: 'page.html', kind: 'file' },
      { name: 'secrets.txt', kind: 'link' },
    ])
    expect(headers.get('content-type')).toBe('application/json')
    expect((await ask('ana', 'GET', 'file?path=deep/hello.txt', { headers: { range: 'bytes=1-3' } })).text).toBe('ell')
    expect((await ask('ana', 'POST', 'folder?path=made')).status).toBe(201)
    expect((await ask('ana', 'POST', 'folder?path=made')).status).toBe(409)
    expect((await ask('ana', 'POST', 'move?path=made&to=deep/moved')).status).toBe(200)
    expect((await ask('ana', 'POST', 'move?path=deep/moved&to=page.html')).status).toBe(409)
    expect((await ask('ana', 'PUT', 'upload?path=deep/moved/n%C3%A4me.txt', { body: 'new' })).status).toBe(201)
    expect(await namesIn('deep/moved')).toEqual(['näme.txt'])
    expect((await ask('ana', 'PUT', 'upload?path=deep/moved/n%C3%A4me.txt', { body: 'other' })).status).toBe(409)
    expect(
      (await ask('ana', 'PUT', 'upload?path=deep/moved/n%C3%A4me.txt&overwrite=1', { body: 'other' })).status,
    ).toBe(201)
    expect(readFileSync(join(folder, 'deep/moved/näme.txt'), 'utf8')).toBe('other')
    expect((await ask('ana', 'DELETE', 'entry?path=deep/moved')).status).toBe(200)
    expect(await namesIn('deep')).toEqual(['er', 'hello.txt'])
    await eventually(async () => {
      const { data } = await trpc(gateway.url, 'activity.list', 'query', { workspace, limit: 100 }, headersOf('olga'))
      const lines = JSON.stringify(data)
      for (const change of ['make a folder', 'move', 'upload', 'delete'])
        expect(lines).toContain(`"change":"${change}"`)
    }, patience)
  })

  it('are saved or shown so that nothing in them acts as the platform’s page', async () => {
    const saved = await ask('ana', 'GET', 'file?path=page.html')
    expect(saved.headers.get('content-disposition')).toBe(
      `attachment; filename="page.html"; filename*=UTF-8''page.html`,
    )
    for (const [path, type] of [
      ['page.html', 'text/plain; charset=utf-8'],
      ['dot.png', 'image/png'],
    ]) {
      const { headers } = await ask('ana', 'GET', `file?path=${path}&show=1`)
      expect(headers.get('content-type')).toBe(type)
      expect(headers.get('content-security-policy')).toContain('sandbox')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('set-cookie')).toBeNull()
    }
    const archive = await ask('ana', 'GET', 'archive?path=deep')
    expect([archive.status, archive.headers.get('content-disposition')]).toEqual([
      200,
      `attachment; filename="deep.zip"; filename*=UTF-8''deep.zip`,
    ])
    expect(archive.text.startsWith('PK')).toBe(true)
  })

  it('cannot be left, by any spelling of a path or by a link', async () => {
    const climbs = [
      '../x',
      'deep/../../x',
      '..',
      '.',
      'deep//hello.txt',
      '/etc/passwd',
      'deep/%00',
      '%2e%2e/x',
      '.keelson-uploads/x',
    ]
    const links = ['out/passwd', 'secrets.txt', 'inner/hello.txt']
    for (const path of [...climbs, ...links]) {
      expect((await ask('ana', 'GET', `file?path=${path}`)).status, path).toBeGreaterThanOrEqual(400)
      expect(
        (await ask('ana', 'PUT', `upload?path=${path}&overwrite=1`, { body: 'x' })).status,
        path,
      ).toBeGreaterThanOrEqual(400)
      expect((await ask('ana', 'POST', `folder?path=${path}`)).status, path).toBeGreaterThanOrEqual(400)
      expect((await ask('ana', 'POST', `move?path=page.html&to=${path}`)).status, path).toBeGreaterThanOrEqual(400)
    }
    for (const path of ['out', 'out/', 'inner', '..'])
      for (const call of ['list', 'archive'])
        expect((await ask('ana', 'GET', `${call}?path=${path}`)).status, path).toBeGreaterThanOrEqual(400)
    // Deleting a link deletes the link.
    symlinkSync(join(folder, 'deep'), join(folder, 'gone'))
    expect((await ask('ana', 'DELETE', 'entry?path=gone')).status).toBe(200)
    expect(readFileSync(join(folder, 'deep/hello.txt'), 'utf8')).toBe('hello')
    for (const call of ['healthz', '..%2fhealthz', 'nothing'])
      expect((await ask('ana', 'GET', call)).status).toBeGreaterThanOrEqual(400)
  })

  it('are only for who may open them', async () => {
    for (const who of ['vic', 'mallory']) {
      expect((await open(who)).status, who).toBe(403)
      expect((await open(who, 'no-such')).status, who).toBe(403)
      expect(
        (await trpc(gateway.url, 'volumes.filesState', 'query', { workspace, name: 'data' }, headersOf(who))).status,
      ).toBe(403)
      for (const [method, call] of [
        ['GET', 'list?path='],
        ['GET', 'file?path=page.html'],
        ['GET', 'archive?path='],
        ['PUT', 'upload?path=x'],
        ['DELETE', 'entry?path=deep'],
      ] as const)
        expect((await ask(who, method, call)).status, `${who} ${call}`).toBe(403)
    }
    expect((await ask('nobody', 'GET', 'list?path=')).status).toBe(401)
    const foreign = { headers: { origin: 'http://evil.example' } }
    expect((await ask('ana', 'DELETE', 'entry?path=deep', foreign)).status).toBe(403)
    expect((await ask('ana', 'GET', 'list?path=')).status).toBe(200)
    expect(await namesIn('')).toContain('deep')
    // The server itself answers nobody who has not the gateway's token.
    const { ports, endpoints } = (await gateway.platform.kube.get<never>(slices, {
      namespace: workspace,
      name: 'data-1',
    })) as {
      ports: { port: number }[]
      endpoints: { addresses: string[] }[]
    }
    const direct = `http://${endpoints[0]?.addresses[0]}:${ports[0]?.port}/list?path=`
    expect((await fetch(direct)).status).toBe(401)
    expect((await fetch(direct, { headers: headersOf('ana') })).status).toBe(401)
  })

  it('take an upload of 300 MiB at the pace of the server: nothing holds it in between', async () => {
    const size = 300 << 20
    const piece = Buffer.alloc(1 << 20, 7)
    let sent = 0
    const answered = new Promise<{ status: number; text: string }>((answer, reject) => {
      const headers = { ...headersOf('ana'), 'content-length': String(size) }
      const outgoing = httpRequest(address('upload?path=large.bin'), { method: 'PUT', headers }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => answer({ status: response.statusCode ?? 0, text }))
      })
      outgoing.once('error', reject)
      const pump = () => {
        while (sent < size) {
          sent += piece.length
          if (!outgoing.write(piece)) return void outgoing.once('drain', pump)
        }
        outgoing.end()
      }
      pump()
    })
    server?.kill('SIGSTOP')
    let before = -1
    await eventually(() => {
      const now = sent
      const isStill = now === before
      before = now
      expect(isStill).toBe(true)
    }, patience)
    expect(sent).toBeLessThan(64 << 20)
    server?.kill('SIGCONT')
    const { status, text } = await answered
    expect([status, JSON.parse(text)]).toEqual([201, { offset: size, isComplete: true }])
    expect(statSync(join(folder, 'large.bin')).size).toBe(size)
    expect((await ask('ana', 'DELETE', 'entry?path=large.bin')).status).toBe(200)
  }, 120_000)

  it('show nothing of an upload that was cut, which goes on where it ended, or is dropped', async () => {
    const cut = (query: string, sent: string) =>
      new Promise<void>((resolve) => {
        const outgoing = httpRequest(address(`upload?path=half.txt${query}`), {
          method: 'PUT',
          headers: { ...headersOf('ana'), 'content-length': '1000' },
        })
        outgoing.on('error', () => {}).once('close', () => resolve())
        outgoing.write(sent)
        void eventually(() => expect(partsOf()).toHaveLength(1), patience).then(() => outgoing.destroy())
      })
    await cut('', 'x'.repeat(10))
    await eventually(() => expect(partsOf()).toEqual([]), patience)
    const id = 'a'.repeat(32)
    await cut(`&id=${id}&total=1000`, 'y'.repeat(600))
    const offset = await eventually(async () => {
      const { text } = await ask('ana', 'GET', `upload?id=${id}`)
      expect(JSON.parse(text).offset).toBe(600)
      return 600
    }, patience)
    expect(await namesIn('')).not.toContain('half.txt')
    expect((await ask('ana', 'PUT', `upload?path=half.txt&id=${id}&total=1000&offset=7`, { body: 'z' })).status).toBe(
      409,
    )
    const rest = { body: 'z'.repeat(400) }
    const ended = await eventually(async () => {
      const answer = await ask('ana', 'PUT', `upload?path=half.txt&id=${id}&total=1000&offset=${offset}`, rest)
      expect(answer.status, answer.text).toBe(201)
      return answer
    }, patience)
    expect(JSON.parse(ended.text)).toEqual({ offset: 1000, isComplete: true })
    expect(readFileSync(join(folder, 'half.txt'), 'utf8')).toBe('y'.repeat(600) + 'z'.repeat(400))
    await ask('ana', 'PUT', `upload?path=more.txt&id=${id}&total=9`, { body: 'abc' })
    expect(partsOf()).toEqual([id])
    expect((await ask('ana', 'DELETE', `upload?id=${id}`)).status).toBe(200)
    expect(partsOf()).toEqual([])
  })

  it('end with the binding, also for an upload that is on its way', async () => {
    const name = await gateway.platform.bind(workspace, 'contributor', { kind: 'User', name: mail('mallory') })
    await eventually(async () => expect((await ask('mallory', 'GET', 'list?path=')).status).toBe(200), patience)
    const outgoing = httpRequest(address('upload?path=late.txt'), {
      method: 'PUT',
      headers: { ...headersOf('mallory'), 'content-length': '1000' },
    })
    const ended = new Promise<void>((end) => outgoing.on('error', () => {}).once('close', () => end()))
    outgoing.write('begun')
    await eventually(() => expect(partsOf()).toHaveLength(1), patience)
    await gateway.platform.kube.delete(bindings, { namespace: workspace, name })
    await ended
    await eventually(() => expect(partsOf()).toEqual([]), patience)
    expect(await namesIn('')).not.toContain('late.txt')
    await eventually(async () => expect((await ask('mallory', 'GET', 'list?path=')).status).toBe(403), patience)
  })

  it('are not opened where somebody else’s viewer has the name, nor of what has none', async () => {
    await makeClaim('block', { volumeMode: 'Block' })
    expect((await open('ana', 'block')).error?.message).toContain('block device')
    await makeClaim('theirs')
    const podSpec = {
      containers: [{ name: 'x', image: 'none' }],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'theirs' } }],
    }
    const spec = { pvc: 'theirs', podSpec, networking: { targetPort: 80 } }
    await create(viewers, {
      apiVersion: 'kubeflow.org/v1alpha1',
      kind: 'PVCViewer',
      metadata: { namespace: workspace, name: 'theirs' },
      spec,
    })
    expect((await open('ana', 'theirs')).status).toBe(409)
    const listed = await fetch(address('list?path=', 'theirs'), { headers: headersOf('ana') })
    expect(listed.status).toBe(412)
  })
})
