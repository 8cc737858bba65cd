import { duplexPair } from 'node:stream'
import { text } from 'node:stream/consumers'
import { eventually } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import { serveSpdy } from './spdy-connection.ts'
import {
  dataFrame,
  type Frame,
  FrameReader,
  headerBlock,
  parseHeaders,
  pingFrame,
  rstStreamFrame,
  SpdyError,
  synStreamFrame,
} from './spdy-frames.ts'
import { deflater, dictionary, inflater } from './spdy-headers.ts'

describe('frames of SPDY/3.1', () => {
  const all = Buffer.concat([
    synStreamFrame(1, Buffer.from('block')),
    dataFrame(1, Buffer.from('hello')),
    pingFrame(7),
    dataFrame(1, Buffer.alloc(0), true),
    rstStreamFrame(1, 5),
  ])
  const expected: Frame[] = [
    { type: 'syn_stream', stream: 1, fin: false, block: Buffer.from('block') },
    { type: 'data', stream: 1, fin: false, data: Buffer.from('hello') },
    { type: 'ping', id: 7 },
    { type: 'data', stream: 1, fin: true, data: Buffer.alloc(0) },
    { type: 'rst_stream', stream: 1 },
  ]

  test.each([1, 2, 7, 8, 9, 1000])('are read in pieces of %i bytes', (size) => {
    const reader = new FrameReader()
    const frames: Frame[] = []
    for (let at = 0; at < all.length; at += size) frames.push(...reader.read(all.subarray(at, at + size)))
    expect(frames).toEqual(expected)
  })

  test('are the bytes of the draft', () => {
    expect(dataFrame(3, Buffer.from('ab'), true).toString('hex')).toBe('00000003010000026162')
    expect(pingFrame(1).toString('hex')).toBe('800300060000000400000001')
    expect(rstStreamFrame(5, 3).toString('hex')).toBe('80030003000000080000000500000003')
  })

  test.each([
    ['another version', '8002000600000004'],
    ['a frame without end', '00000001ffffffff'],
    ['a stream without an id', '8003000100000000'],
  ])('%s is refused', (_what, hex) => {
    expect(() => new FrameReader().read(Buffer.from(`${hex}00000000`, 'hex'))).toThrow(SpdyError)
  })

  test('what is not known is passed over', () => {
    const settings = Buffer.from('80030004000000040000000080030009000000080000000100001000', 'hex')
    expect(new FrameReader().read(settings).map(({ type }) => type)).toEqual(['other', 'other'])
  })
})

describe('header blocks', () => {
  test('the dictionary is the one of the draft', () => {
    expect(dictionary.length).toBe(1423)
    expect(dictionary.subarray(0, 11).toString('latin1')).toBe('\0\0\0\x07options')
  })

  test('keep one compression over many blocks', async () => {
    const [deflate, inflate] = [deflater(), inflater()]
    const headers = (id: number) => [['StreamType', 'data'] as const, ['requestID', String(id)] as const]
    for (const id of [0, 1, 2]) {
      const read = parseHeaders(await inflate(await deflate(headerBlock(headers(id)))))
      expect([...read]).toEqual([
        ['streamtype', 'data'],
        ['requestid', String(id)],
      ])
    }
  })

  test.each([
    ['garbage', Buffer.from('garbage')],
    ['nothing', Buffer.alloc(4)],
  ])('%s is refused, and again', async (_what, block) => {
    const inflate = inflater()
    const read = async () => parseHeaders(await inflate(block))
    await expect(read()).rejects.toThrow(SpdyError)
    await expect(read()).rejects.toThrow(SpdyError)
  })

  test('a block that inflates without end is refused', async () => {
    const bomb = await deflater()(Buffer.alloc(10 * 2 ** 20))
    expect(bomb.length).toBeLessThan(64 * 1024)
    await expect(inflater()(bomb)).rejects.toThrow(SpdyError)
  })

  test('a length beyond the block is refused', () => {
    expect(() => parseHeaders(Buffer.from('00000001000000ff61', 'hex'))).toThrow(SpdyError)
  })
})

describe('a connection', () => {
  test('gives each stream its bytes, answers pings, and tells ends', async () => {
    const [client, server] = duplexPair()
    const deflate = deflater()
    const served = serveSpdy(server, (headers, stream) => {
      stream.write(`${headers.get('name')}:`)
      stream.pipe(stream)
    })
    const frames: Frame[] = []
    const reader = new FrameReader()
    client.on('data', (chunk: Buffer) => frames.push(...reader.read(chunk)))
    for (const [id, name] of [
      [1, 'a'],
      [3, 'b'],
    ] as const)
      client.write(synStreamFrame(id, await deflate(headerBlock([['name', name]]))))
    client.write(dataFrame(3, Buffer.from('three')))
    client.write(dataFrame(1, Buffer.from('one'), true))
    client.write(pingFrame(9))
    client.write(pingFrame(2))
    client.write(dataFrame(3, Buffer.from('!'), true))
    await eventually(() => frames.filter((frame) => frame.type === 'data' && frame.fin).length === 2)
    client.end()
    await served
    const said = (id: number) =>
      frames.flatMap((frame) => (frame.type === 'data' && frame.stream === id ? [frame.data.toString()] : [])).join('')
    expect(said(1)).toBe('a:one')
    expect(said(3)).toBe('b:three!')
    expect(frames.filter(({ type }) => type === 'ping')).toEqual([{ type: 'ping', id: 9 }])
  })

  test('ends every stream when the peer is gone or does not speak SPDY', async () => {
    for (const last of [null, Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.from('8002000600000004', 'hex')]) {
      const [client, server] = duplexPair()
      client.resume()
      const closed: Promise<unknown>[] = []
      const served = serveSpdy(server, (_headers, stream) => {
        closed.push(new Promise((resolve) => stream.once('close', resolve)))
      })
      client.write(synStreamFrame(1, await deflater()(headerBlock([['a', 'b']]))))
      if (last === null) client.destroy()
      else client.end(last)
      await served
      await Promise.all(closed)
      if (last !== null) expect(closed).toHaveLength(1)
    }
  })

  test('an even id, or one that is taken, is reset', async () => {
    const [client, server] = duplexPair()
    const deflate = deflater()
    let opened = 0
    const served = serveSpdy(server, () => {
      opened += 1
    })
    const block = async () => deflate(headerBlock([['a', 'b']]))
    for (const id of [1, 2, 1]) client.write(synStreamFrame(id, await block()))
    client.end()
    const frames = new FrameReader().read(Buffer.from(await text(client.setEncoding('latin1')), 'latin1'))
    await served
    expect(opened).toBe(1)
    expect(frames.filter(({ type }) => type === 'rst_stream')).toEqual([
      { type: 'rst_stream', stream: 2 },
      { type: 'rst_stream', stream: 1 },
    ])
  })
})
