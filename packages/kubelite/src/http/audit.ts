/**
 * Tells a webhook what was refused, in the API server's own format (audit.k8s.io/v1), as kube-apiserver does with
 * `--audit-webhook-config-file` and a policy that keeps refusals. Batches, bounded, and never in a request's way.
 */
import type { IncomingMessage } from 'node:http'
import type { Clock } from '@keelson/process/clock'
import type { Logger } from '@keelson/process/logger'
import type { UserInfo } from '../api/types.ts'
import type { WebhookOptions } from '../auth/authenticate.ts'
import type { StatusError } from '../status-error.ts'
import { parseResourcePath } from './request.ts'
import { verbOf } from './resource-call.ts'

/** One refused request. `caller` is who proved to be somebody; `impersonated` whom it acted as, or wanted to. */
export type Refused = {
  auditId: string
  request: IncomingMessage
  caller: UserInfo | null
  impersonated: string | null
  error: StatusError
}

export type AuditSink = {
  /** Never throws, never waits. */
  refused(what: Refused): void
  stop(): Promise<void>
}

const flushMs = 250
const maxBatch = 400
/** What waits while the webhook is away; beyond that, the newest are only counted. */
const maxWaiting = 2_000
const timeoutMs = 5_000

export function openAuditSink(webhook: WebhookOptions, clock: Clock, log: Logger): AuditSink {
  let waiting: object[] = []
  let lost = 0
  let timer: NodeJS.Timeout | null = null
  let sending: Promise<void> = Promise.resolve()
  const send = async () => {
    timer = null
    const batch = waiting.splice(0, maxBatch)
    if (batch.length === 0) return
    try {
      await post(webhook, batch)
      if (lost > 0) log.warn('refused requests were not told: too many at once', { count: lost })
      lost = 0
    } catch (error) {
      log.warn('refused requests could not be told', { count: batch.length, error })
      waiting = [...batch, ...waiting].slice(0, maxWaiting)
      schedule(timeoutMs)
      return
    }
    if (waiting.length > 0) schedule(flushMs)
  }
  const schedule = (afterMs: number) => {
    timer ??= setTimeout(() => {
      sending = send()
    }, afterMs)
    timer.unref()
  }
  return {
    refused: (what) => {
      if (waiting.length >= maxWaiting) {
        lost += 1
        return
      }
      waiting.push(auditEvent(what, clock.now()))
      schedule(flushMs)
    },
    stop: async () => {
      if (timer !== null) clearTimeout(timer)
      await sending
      if (waiting.length > 0) await post(webhook, waiting.splice(0, maxBatch)).catch(() => {})
    },
  }
}

async function post(webhook: WebhookOptions, items: readonly object[]): Promise<void> {
  const answer = await fetch(webhook.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${webhook.secret}` },
    body: JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items }),
    signal: AbortSignal.timeout(timeoutMs),
    redirect: 'error',
  })
  await answer.arrayBuffer()
  if (!answer.ok) throw new Error(`The audit webhook answered ${answer.status}.`)
}

/** https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/, level Metadata. */
function auditEvent({ auditId, request, caller, impersonated, error }: Refused, now: Date): object {
  const url = new URL(request.url ?? '/', 'https://kubelite')
  const path = parseResourcePath(url.pathname)
  const method = request.method ?? 'GET'
  const at = now.toISOString().replace('Z', '000Z')
  return {
    level: 'Metadata',
    auditID: auditId,
    stage: 'ResponseComplete',
    requestURI: (request.url ?? '').slice(0, 2048),
    verb: path === null ? method.toLowerCase() : verbOf(method, path, url),
    user: caller === null ? {} : { username: caller.username, groups: caller.groups },
    ...(impersonated === null ? {} : { impersonatedUser: { username: impersonated } }),
    sourceIPs: [request.socket.remoteAddress ?? ''],
    userAgent: (request.headers['user-agent'] ?? '').slice(0, 256),
    ...(path === null
      ? {}
      : {
          objectRef: {
            resource: path.plural,
            ...(path.subresource === undefined ? {} : { subresource: path.subresource }),
            ...(path.namespace === undefined ? {} : { namespace: path.namespace }),
            ...(path.name === undefined ? {} : { name: path.name }),
            ...(path.group === '' ? {} : { apiGroup: path.group }),
            apiVersion: path.version,
          },
        }),
    responseStatus: {
      metadata: {},
      status: 'Failure',
      message: error.message.slice(0, 1024),
      reason: error.reason,
      code: error.code,
    },
    requestReceivedTimestamp: at,
    stageTimestamp: at,
  }
}
