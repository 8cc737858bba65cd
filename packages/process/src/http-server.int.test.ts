import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { AppError } from './app-error.ts'
import { readBody, readJson, sendJson } from './http-body.ts'
import { type HttpServiceOptions, httpService } from './http-server.ts'
import { silentLogger } from './logger.ts'
import type { RunningService } from './service.ts'

const running: RunningService[] = []
afterEach(async () => {
  for (const service of running.splice(0)) await service.stop('test')
})

async function serve(
  handle: HttpServiceOptions['handle'],
): Promise<{ url: string; port: number; service: RunningService }> {
  let port = 0
  const options = {
    name: 'test',
    hosts: ['127.0.0.1', '::1'],
    port: 0,
    log: silentLogger,
    handle,
    onListening: (at: number) => {
      port = at
    },
  }
  const service = await httpService(options).start(new AbortController().signal)
  running.push(service)
  return { url: `http://127.0.0.1:${port}`, port, service }
}

/** Sends raw bytes and gives all that comes back. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

describe('httpService', () => {
  it('answers what a handler throws as JSON with the request id, and hides what was not meant for anybody', async () => {
    const { url } = await serve(async (request) => {
      if (request.url === '/known') throw new AppError('not_found', 'No such thing.')
      throw new Error('password=hunter2')
    })
    const known = await fetch(`${url}/known`, { headers: { 'x-request-id': 'trace-0001' } })
    expect(known.status).toBe(404)
    expect(known.headers.get('x-request-id')).toBe('trace-0001')
    expect(await known.json()).toEqual({ code: 'not_found', message: 'No such thing.', requestId: 'trace-0001' })
    const unknown = await fetch(`${url}/x`, { headers: { 'x-request-id': '<script>' } })
    expect(unknown.status).toBe(500)
    expect(unknown.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(await unknown.text()).not.toContain('hunter2')
  })

  it('refuses bodies over the limit, said or not said, and goes on serving', async () => {
    const { url, port } = await serve(async (request, response) =>
      sendJson(response, 200, { size: (await readBody(request, 10)).length }),
    )
    expect((await fetch(url, { method: 'POST', body: '0123456789' })).status).toBe(200)
    expect((await fetch(url, { method: 'POST', body: '0123456789a' })).status).toBe(413)
    const chunked =
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n8\r\n01234567\r\n0\r\n\r\n'
    expect(await raw(port, chunked)).toMatch(/^HTTP\/1\.1 413 /)
    expect((await fetch(url, { method: 'POST', body: 'ok' })).status).toBe(200)
  })

  it('says where JSON is broken', async () => {
    const { url } = await serve(async (request, response) => sendJson(response, 200, await readJson(request, 100)))
    const answer = await fetch(url, { method: 'POST', body: '{"a":' })
    expect(answer.status).toBe(400)
    expect(((await answer.json()) as { message: string }).message).toMatch(/^The body is not JSON/)
  })

  it('refuses CONNECT, an upgrade that nobody takes, and what is no HTTP', async () => {
    const { port } = await serve((_request, response) => sendJson(response, 200, {}))
    expect(await raw(port, 'CONNECT evil:443 HTTP/1.1\r\nHost: evil:443\r\n\r\n')).toMatch(/^HTTP\/1\.1 405 /)
    expect(await raw(port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 /,
    )
    expect(await raw(port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect(await raw(port, `GET / HTTP/1.1\r\nHost: x\r\nX-Big: ${'a'.repeat(40_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    )
  })

  it('tells a handler when its client left, and survives it', async () => {
    let left: Promise<void> = Promise.resolve()
    let begun: () => void = () => {}
    const started = new Promise<void>((resolve) => {
      begun = resolve
    })
    const { url, port } = await serve(async (request, response, { signal }) => {
      if (request.url !== '/slow') return sendJson(response, 200, {})
      left = new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
      begun()
      await left
      response.write('too late')
    })
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n'))
    await started
    socket.destroy()
    await left
    expect((await fetch(url)).status).toBe(200)
  })

  it('stops while a stream is open, and twice', async () => {
    const { url, service } = await serve((_request, response, { signal }) => {
      response.write('open')
      signal.addEventListener('abort', () => response.end())
    })
    const answer = await fetch(url)
    await service.stop('test')
    await service.stop('test')
    expect(await answer.text()).toBe('open')
    await expect(fetch(url)).rejects.toThrow()
  })
})
