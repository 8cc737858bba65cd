import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { checkGrpcHealth } from './grpc-health.ts'

let server: Http2Server | undefined
afterEach(() => server?.close())

/** A server that answers as gRPC's own do; `asked` are the bytes of the last request. */
async function serve(answer: (stream: ServerHttp2Stream) => void): Promise<{ port: number; asked: () => string }> {
  let asked = ''
  server = createServer()
  server.on('stream', (stream, headers) => {
    expect(headers[':path']).toBe('/grpc.health.v1.Health/Check')
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      asked = Buffer.concat(chunks).toString('hex')
      answer(stream)
    })
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, asked: () => asked }
}

function says(status: number): (stream: ServerHttp2Stream) => void {
  return (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end(Buffer.from(status === 0 ? '0000000000' : `000000000208${status.toString(16).padStart(2, '0')}`, 'hex'))
  }
}

it('is healthy when the service serves', async () => {
  const { port, asked } = await serve(says(1))
  expect(await checkGrpcHealth('127.0.0.1', port, '', 5_000)).toEqual({ ok: true, message: '' })
  expect(asked()).toBe('0000000000')
  expect(await checkGrpcHealth('127.0.0.1', port, 'ab', 5_000)).toEqual({ ok: true, message: '' })
  expect(asked()).toBe('00000000040a026162')
})

it.each([
  [2, 'NOT_SERVING'],
  [0, 'UNKNOWN'],
])('is not with the status %i', async (status, word) => {
  const { port } = await serve(says(status))
  expect(await checkGrpcHealth('127.0.0.1', port, '', 5_000)).toEqual({
    ok: false,
    message: `service unhealthy (responded with "${word}")`,
  })
})

it('says what a server without the protocol answers', async () => {
  const { port } = await serve((stream) =>
    stream.respond({ ':status': 200, 'grpc-status': '12', 'grpc-message': 'no such service' }, { endStream: true }),
  )
  expect((await checkGrpcHealth('127.0.0.1', port, '', 5_000)).message).toBe(
    'error: this server does not implement the grpc health protocol (grpc.health.v1.Health): no such service',
  )
})

it('gives up on a server that does not answer, and on none', async () => {
  const { port } = await serve(() => {})
  expect((await checkGrpcHealth('127.0.0.1', port, '', 200)).message).toBe(
    'timeout: health rpc did not complete within 0.2s',
  )
  expect((await checkGrpcHealth('127.0.0.1', 1, '', 200)).message).toBe(
    'timeout: failed to connect service "127.0.0.1:1" within 0.2s: context deadline exceeded',
  )
})
