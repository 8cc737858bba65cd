/** `pods/exec`, `pods/attach` and `pods/portforward`: asked as at the real server, answered by the node over a WebSocket. */
import type { WebSocket } from 'ws'
import { getEntry } from '../api/read.ts'
import { type NodeApi, NotRunning, type PodRef, type ProcessStreams } from '../client.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { badRequest, forbidden, methodNotAllowed, unavailable, unimplemented } from '../status-error.ts'
import { type ChannelProtocol, chooseProtocol, commandProtocols, portProtocols } from '../streams/channels.ts'
import { forwardChannels, forwardTunnel, tunnelProtocol } from '../streams/port-forward.ts'
import { serveProcess } from '../streams/process.ts'
import { acceptWebSocket, offeredProtocols } from '../streams/upgrade.ts'
import { sendText } from './context.ts'
import { queryFlag } from './query-flag.ts'
import type { ResourceCall } from './resource-call.ts'

const text = 'text/plain; charset=utf-8'

/** An answer of the real kubelet, which speaks plain text. */
function refuse(call: ResourceCall, status: number, message: string): void {
  sendText(call.response, status, message, text)
}

export async function serveExec(call: ResourceCall, verb: string): Promise<void> {
  const asked = askedCommand(call, verb)
  if (asked === null) return
  const { target, container, node, wanted, protocol } = asked
  const command = call.url.searchParams.getAll('command')
  const { stdin, tty } = wanted
  await runCommand(call, protocol, wanted, `container not found (${JSON.stringify(container)})`, {
    command,
    open: () => node.exec(target.pod, container, command, { stdin, tty }),
  })
}

export async function serveAttach(call: ResourceCall, verb: string): Promise<void> {
  const asked = askedCommand(call, verb)
  if (asked === null) return
  const { target, container, node, wanted, protocol } = asked
  const { namespace, name } = target.pod
  await runCommand(call, protocol, wanted, `container ${container} not found in pod ${name}_${namespace}`, {
    command: null,
    open: () => node.attach(target.pod, container, { stdin: wanted.stdin }),
  })
}

/** What exec and attach ask for alike; null when it was refused. */
function askedCommand(call: ResourceCall, verb: string) {
  allowConnect(call, verb)
  const target = targetOf(call)
  const container = target.container()
  const node = nodeFor(call, target)
  if (node === null) return null
  const wanted = wantedStreams(call.url.searchParams)
  if (wanted === null) {
    refuse(call, 400, 'you must specify at least 1 of stdin, stdout, stderr')
    return null
  }
  const protocol = commandProtocol(call)
  if (protocol === null) {
    refuse(call, 403, '')
    return null
  }
  return { target, container, node, wanted, protocol }
}

export async function servePortForward(call: ResourceCall, verb: string): Promise<void> {
  allowConnect(call, verb)
  const ports = call.url.searchParams.getAll('ports').flatMap((list) => list.split(',').map(portNumber))
  const target = targetOf(call)
  const node = nodeFor(call, target)
  if (node === null) return
  const dial = (port: number) => node.connect(target.pod, port)
  const offered = offeredProtocols(call.request)
  const protocol = offered.includes(tunnelProtocol) ? null : chooseProtocol(portProtocols, offered)
  if (!offered.includes(tunnelProtocol)) {
    if (protocol === null) return refuse(call, 403, '')
    if (ports.length === 0) return refuse(call, 400, 'query parameter "port" is required')
    if (ports.includes(0)) return refuse(call, 400, 'port "0" must be > 0')
  }
  if (!node.hasPod(target.pod) || target.over)
    return refuse(call, 500, `pod not found (${JSON.stringify(`${target.pod.name}_${target.pod.namespace}`)})`)
  const webSocket = accept(call, protocol?.name ?? tunnelProtocol)
  if (webSocket === null) return
  await (protocol === null ? forwardTunnel(webSocket, dial) : forwardChannels(webSocket, protocol, ports, dial))
}

/**
 * A GET connects as much as a POST does, so whoever may only `get` is refused (the real server from 1.35 on; its message
 * gives no reason either).
 */
function allowConnect(call: ResourceCall, verb: string): void {
  const { path, server, user } = call
  if ((verb !== 'get' && verb !== 'create') || call.request.method === 'HEAD') throw methodNotAllowed()
  const asked = {
    verb: 'create',
    group: '',
    resource: 'pods',
    subresource: path.subresource ?? '',
    namespace: path.namespace ?? '',
    name: path.name ?? '',
  }
  if (!server.authorizer.authorize(user, asked).allowed)
    throw forbidden({ group: '', plural: 'pods' }, path.name ?? '', '')
}

type Target = { pod: PodRef; node: string; over: boolean; container(): string }

function targetOf(call: ResourceCall): Target {
  const { server, resource, path, url } = call
  const name = path.name ?? ''
  const { object } = getEntry(server.store, resource, path.namespace, name)
  const spec: JsonObject = isObject(object.spec) ? object.spec : {}
  const phase = isObject(object.status) ? object.status.phase : undefined
  return {
    pod: { namespace: path.namespace ?? '', name, uid: object.metadata.uid ?? '' },
    node: String(spec.nodeName ?? ''),
    over: phase === 'Succeeded' || phase === 'Failed',
    container: () => chooseContainer(name, spec, url.searchParams.get('container')),
  }
}

function chooseContainer(pod: string, spec: JsonObject, asked: string | null): string {
  const names = (value: unknown) =>
    Array.isArray(value) ? value.filter(isObject).map((container) => String(container.name)) : []
  const main = names(spec.containers)
  const all = [...names(spec.initContainers), ...main]
  if (asked) {
    if (!all.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${pod}`)
    return asked
  }
  const [only = ''] = main
  if (all.length === 1) return only
  throw badRequest(`a container name must be specified for pod ${pod}, choose one of: [${all.join(' ')}]`)
}

/** The node, when the pod is bound to it and the request is one that can be served; null when it was refused. */
function nodeFor(call: ResourceCall, target: Target): NodeApi | null {
  if (target.node === '') throw badRequest(`pod ${target.pod.name} does not have a host assigned`)
  if (call.upgrade === undefined) {
    if (/^spdy\//i.test(call.request.headers.upgrade ?? ''))
      throw unimplemented(
        'the SPDY protocol, which the Kubernetes project has replaced: use a client that speaks WebSocket (kubectl 1.31 or newer, and KUBECTL_REMOTE_COMMAND_WEBSOCKETS and KUBECTL_PORT_FORWARD_WEBSOCKETS not set to false)',
      )
    // A handshake is a GET; this is what the WebSocket libraries of a real server say, one for the tunnel, one for the rest.
    if (/^websocket$/i.test(call.request.headers.upgrade ?? '') && call.request.method !== 'GET') {
      const isTunnel = offeredProtocols(call.request).includes(tunnelProtocol)
      refuse(call, 405, isTunnel ? 'Method Not Allowed\n' : 'bad method')
      return null
    }
    throw badRequest('Upgrade request required')
  }
  if (call.server.node === null) throw unavailable('the node is not ready')
  return call.server.node
}

export type WantedStreams = { stdin: boolean; stdout: boolean; stderr: boolean; tty: boolean }

/** Null when nothing is wanted. A terminal has no error output of its own. */
function wantedStreams(query: URLSearchParams): WantedStreams | null {
  const [stdin = false, stdout = false, stderr = false, tty = false] = ['stdin', 'stdout', 'stderr', 'tty'].map(
    (name) => queryFlag(query, name),
  )
  if (!stdin && !stdout && !stderr) return null
  return { stdin, stdout, stderr: stderr && !tty, tty }
}

function portNumber(written: string): number {
  const wrong = (why: string) =>
    badRequest(`cannot convert to []int32: strconv.ParseUint: parsing ${JSON.stringify(written)}: ${why}`)
  if (!/^\d+$/.test(written)) throw wrong('invalid syntax')
  if (Number(written) > 65535) throw wrong('value out of range')
  return Number(written)
}

function commandProtocol(call: ResourceCall): ChannelProtocol | null {
  return chooseProtocol(commandProtocols, offeredProtocols(call.request))
}

/** Null when the client is gone meanwhile. */
function accept(call: ResourceCall, protocol: string): WebSocket | null {
  const { request, response, upgrade, server } = call
  if (upgrade === undefined) throw badRequest('Upgrade request required')
  response.detachSocket(request.socket)
  return acceptWebSocket(request, upgrade, protocol, server.closing)
}

/** Starts the process first: a container that does not run is refused in HTTP, where clients look for it. */
async function runCommand(
  call: ResourceCall,
  protocol: ChannelProtocol,
  wanted: WantedStreams,
  whenNotRunning: string,
  what: { command: readonly string[] | null; open(): Promise<ProcessStreams> },
): Promise<void> {
  let streams: ProcessStreams
  try {
    streams = await what.open()
  } catch (error) {
    if (error instanceof NotRunning) return refuse(call, 500, whenNotRunning)
    throw error
  }
  const webSocket = accept(call, protocol.name)
  if (webSocket === null) return streams.hangUp()
  await serveProcess(webSocket, protocol, wanted, streams, what.command)
}
