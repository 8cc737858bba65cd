import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { runTool } from '../images/run-tool.ts'
import type { Attempt } from './attempt.ts'
import { commandWords } from './container-command.ts'
import { checkGrpcHealth } from './grpc-health.ts'
import type { MountMode } from './mounts.ts'
import type { ContainerView } from './pod-plan.ts'
import type { Container, Handler, HttpGet } from './types.ts'

type HookContext = { mountMode: MountMode }

const hookTimeoutMs = 600_000

/** Null when the hook went well, else why it did not. */
export function runPostStart(context: HookContext, view: ContainerView, podIP: string): Promise<string | null> {
  return runHook(context, view, view.spec.lifecycle?.postStart, podIP)
}

export function runPreStop(context: HookContext, view: ContainerView, podIP: string): Promise<string | null> {
  return runHook(context, view, view.spec.lifecycle?.preStop, podIP)
}

async function runHook(
  context: HookContext,
  view: ContainerView,
  handler: Handler | undefined,
  podIP: string,
): Promise<string | null> {
  if (!handler || view.current === null) return null
  if (handler.sleep) {
    const { seconds } = handler.sleep
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    return null
  }
  const result = await runHandler(context, view.spec, view.current, handler, podIP, hookTimeoutMs)
  return result.ok ? null : result.message
}

export type HandlerResult = { ok: boolean; message: string }

/** Runs an exec, httpGet, tcpSocket or grpc handler of a container once. The message is the kubelet's own for that outcome. */
export async function runHandler(
  context: HookContext,
  container: Container,
  attempt: Attempt,
  handler: Handler,
  podIP: string,
  timeoutMs: number,
): Promise<HandlerResult> {
  if (handler.exec) return execIn(context, attempt, handler.exec.command ?? [], timeoutMs)
  if (handler.httpGet) return httpGet(handler.httpGet, portNumber(container, handler.httpGet.port), podIP, timeoutMs)
  if (handler.tcpSocket)
    return tcpOpen(handler.tcpSocket.host || podIP, portNumber(container, handler.tcpSocket.port), timeoutMs)
  if (handler.grpc) return checkGrpcHealth(podIP, handler.grpc.port, handler.grpc.service ?? '', timeoutMs)
  return { ok: false, message: 'missing probe handler' }
}

/** A port by number, or by its name in the container's ports. NaN when there is none of that name. */
export function portNumber(container: Container, port: number | string): number {
  if (typeof port === 'number') return port
  return /^\d+$/.test(port)
    ? Number(port)
    : (container.ports?.find((each) => each.name === port)?.containerPort ?? Number.NaN)
}

/** Runs a command as if the container itself had started it. */
async function execIn(
  context: HookContext,
  attempt: Attempt,
  command: readonly string[],
  timeoutMs: number,
): Promise<HandlerResult> {
  const words = await commandWords(context.mountMode, attempt, command)
  if (words === null) return { ok: false, message: 'container is not running' }
  const [first = '', ...rest] = words
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
  }, timeoutMs)
  const done = await runTool(first, rest, { cwd: `${attempt.dir}/work`, env: attempt.spec.env, timeoutMs })
  clearTimeout(timer)
  if (timedOut)
    return { ok: false, message: `command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s` }
  return {
    ok: done.code === 0,
    message: done.lines.slice(-10).join('\n') || (done.code === 0 ? '' : `exit code ${done.code}`),
  }
}

function httpGet(get: HttpGet, port: number, podIP: string, timeoutMs: number): Promise<HandlerResult> {
  const host = get.host || podIP
  const secure = get.scheme === 'HTTPS'
  const path = get.path?.startsWith('/') ? get.path : `/${get.path ?? ''}`
  const url = `${secure ? 'https' : 'http'}://${host}:${port}${path}`
  if (Number.isNaN(port)) return Promise.resolve({ ok: false, message: `couldn't find port: ${get.port}` })
  return new Promise((resolve) => {
    const headers = {
      'user-agent': 'kube-probe/kubelite',
      accept: '*/*',
      connection: 'close',
      ...Object.fromEntries((get.httpHeaders ?? []).map((each) => [each.name, each.value])),
    }
    const options = {
      host,
      port,
      path,
      method: 'GET',
      headers,
      timeout: timeoutMs,
      ...(secure ? { rejectUnauthorized: false } : {}),
    }
    const request = (secure ? httpsRequest : httpRequest)(options, (response) => {
      const code = response.statusCode ?? 0
      response.resume()
      response.on('error', () => {})
      // 200 to 399 is success; a redirect is not followed.
      resolve(
        code >= 200 && code < 400
          ? { ok: true, message: '' }
          : { ok: false, message: `HTTP probe failed with statuscode: ${code}` },
      )
    })
    const tooLong = setTimeout(
      () => request.destroy(new Error('context deadline exceeded (Client.Timeout exceeded while awaiting headers)')),
      timeoutMs,
    )
    request.on('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'ECONNREFUSED' ? `dial tcp ${host}:${port}: connect: connection refused` : error.message
      resolve({ ok: false, message: `Get "${url}": ${why}` })
    })
    request.on('close', () => clearTimeout(tooLong))
    request.end()
  })
}

function tcpOpen(host: string, port: number, timeoutMs: number): Promise<HandlerResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs })
    const end = (ok: boolean, message: string) => {
      socket.destroy()
      resolve({ ok, message })
    }
    socket.once('connect', () => end(true, ''))
    socket.once('timeout', () => end(false, `dial tcp ${host}:${port}: i/o timeout`))
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end(
        false,
        `dial tcp ${host}:${port}: connect: ${error.code === 'ECONNREFUSED' ? 'connection refused' : error.message}`,
      ),
    )
  })
}
