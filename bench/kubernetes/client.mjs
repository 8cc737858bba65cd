/**
 * A client that costs less than the servers it measures: keep-alive TLS connections that send prepared requests and count
 * whole answers. Not for anything else: it reads HTTP/1.1 answers with a length or in chunks, and nothing more.
 */
import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { parse } from 'yaml'

/** @typedef {{ host: string, port: number, ca: string, cert?: string, key?: string, token?: string }} Access */

/** The first cluster and user of a kubeconfig. @param {string} path @returns {Access} */
export function readAccess(path) {
  const config = parse(readFileSync(path, 'utf8'))
  const { cluster } = config.clusters[0]
  const { user } = config.users[0]
  const from = (inline, file) =>
    inline ? Buffer.from(inline, 'base64').toString() : file ? readFileSync(file, 'utf8') : undefined
  const { hostname, port } = new URL(cluster.server)
  return {
    host: hostname,
    port: Number(port),
    ca: from(cluster['certificate-authority-data'], cluster['certificate-authority']),
    cert: from(user['client-certificate-data'], user['client-certificate']),
    key: from(user['client-key-data'], user['client-key']),
    token: user.token,
  }
}

/** One connection; `send` resolves with status and body of the answer. @param {Access} access */
export async function open(access) {
  const socket = connect({ ...access, servername: 'localhost', checkServerIdentity: () => undefined })
  socket.setNoDelay(true)
  await new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve)
    socket.once('error', reject)
  })
  let buffer = Buffer.alloc(0)
  let waiting = null
  let onChunk = null
  socket.on('data', (chunk) => {
    if (onChunk !== null) return onChunk(chunk)
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk])
    const answer = readAnswer(buffer)
    if (answer === null || waiting === null) return
    buffer = buffer.subarray(answer.end)
    const { resolve } = waiting
    waiting = null
    resolve(answer)
  })
  const lost = (error) => waiting?.reject(error ?? new Error('The server closed the connection.'))
  socket.on('error', lost)
  socket.on('close', () => lost())
  const head = `Host: ${access.host}\r\nUser-Agent: bench/1\r\n${access.token ? `Authorization: Bearer ${access.token}\r\n` : ''}`
  const text = (method, path, body, type = 'application/json', accept = 'application/json') =>
    `${method} ${path} HTTP/1.1\r\n${head}Accept: ${accept}\r\n${
      body === undefined ? '' : `Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`
    }\r\n${body ?? ''}`
  const send = (request) =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject }
      socket.write(request)
    })
  return {
    text,
    send,
    call: (...request) => send(text(...request)),
    /** Everything that comes after this goes to `listener` as it is. */
    stream: (path, listener) => {
      onChunk = listener
      socket.write(text('GET', path))
    },
    close: () => socket.destroy(),
  }
}

/** @param {Buffer} buffer */
function readAnswer(buffer) {
  const split = buffer.indexOf('\r\n\r\n')
  if (split < 0) return null
  const headers = buffer.toString('latin1', 0, split)
  const status = Number(headers.slice(9, 12))
  // The log of a pod that has no node yet: neither a length nor chunks.
  if (status === 204) return { status, end: split + 4, body: () => '' }
  const length = /\r\ncontent-length: *(\d+)/i.exec(headers)?.[1]
  const start = split + 4
  if (length !== undefined) {
    const end = start + Number(length)
    return buffer.length < end ? null : { status, end, body: () => buffer.toString('utf8', start, end) }
  }
  return readChunks(buffer, start, status)
}

function readChunks(buffer, start, status) {
  const parts = []
  for (let at = start; ; ) {
    const line = buffer.indexOf('\r\n', at)
    if (line < 0) return null
    const size = Number.parseInt(buffer.toString('latin1', at, line), 16)
    const next = line + 2 + size + 2
    if (buffer.length < next) return null
    if (size === 0) return { status, end: next, body: () => Buffer.concat(parts).toString() }
    parts.push(buffer.subarray(line + 2, line + 2 + size))
    at = next
  }
}
