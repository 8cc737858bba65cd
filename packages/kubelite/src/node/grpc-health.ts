/** gRPC's health check (grpc.health.v1, github.com/grpc/grpc-proto) as the kubelet's probe asks it: plain HTTP/2, one call. */
import { connect } from 'node:http2'
import type { HandlerResult } from './hooks.ts'

/** `HealthCheckResponse.ServingStatus`. */
const statuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']
const path = '/grpc.health.v1.Health/Check'
const unimplemented = '12'
/** Flag, length, then the message; a health answer has a few bytes. */
const mostAnswer = 1024

/** Healthy when the service says SERVING in time. The message has the kubelet's words (`pkg/probe/grpc`). */
export function checkGrpcHealth(
  host: string,
  port: number,
  service: string,
  timeoutMs: number,
): Promise<HandlerResult> {
  return new Promise((resolve) => {
    const session = connect(`http://${host.includes(':') ? `[${host}]` : host}:${port}`)
    const end = (ok: boolean, message: string) => {
      clearTimeout(timer)
      session.destroy()
      resolve({ ok, message })
    }
    const late = () =>
      end(
        false,
        `timeout: failed to connect service "${host}:${port}" within ${timeoutMs / 1000}s: context deadline exceeded`,
      )
    let connected = false
    const timer = setTimeout(
      () => (connected ? end(false, `timeout: health rpc did not complete within ${timeoutMs / 1000}s`) : late()),
      timeoutMs,
    )
    // The real probe goes on dialling until its time is over.
    session.on('error', (error) => {
      if (connected) end(false, `error: health rpc probe failed: ${error.message}`)
    })
    session.on('connect', () => {
      connected = true
    })
    const headers = {
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      'user-agent': 'kube-probe/kubelite',
      te: 'trailers',
    }
    const call = session.request(headers)
    let answer = Buffer.alloc(0)
    let code = ''
    let words = ''
    const readStatus = (fields: Record<string, unknown>) => {
      code = String(fields['grpc-status'] ?? code)
      words = String(fields['grpc-message'] ?? words)
    }
    call.on('response', readStatus)
    call.on('trailers', readStatus)
    call.on('data', (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk])
      if (answer.length > mostAnswer) call.close()
    })
    call.on('error', (error) => {
      if (connected) end(false, `error: health rpc probe failed: ${error.message}`)
    })
    call.on('end', () => {
      if (code === unimplemented)
        return end(
          false,
          `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${words}`,
        )
      if (code !== '0' && code !== '') return end(false, `error: health rpc probe failed: ${words}`)
      const status = statuses[servingStatus(answer)] ?? 'UNKNOWN'
      end(status === 'SERVING', status === 'SERVING' ? '' : `service unhealthy (responded with "${status}")`)
    })
    call.end(requestFrame(service))
  })
}

/** `HealthCheckRequest{service = 1}` in gRPC's frame. */
function requestFrame(service: string): Buffer {
  const name = Buffer.from(service)
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name])
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]
}

/** `HealthCheckResponse{status = 1}`; a field that is left out is 0. */
function servingStatus(frame: Buffer): number {
  const message = frame.subarray(5)
  return message[0] === 0x08 ? (message[1] ?? 0) : 0
}
