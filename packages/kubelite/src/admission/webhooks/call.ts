/** Asks a webhook over HTTPS. What goes wrong is told in the words of a real server, as far as they are not Go's own. */
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { rootCertificates } from 'node:tls'
import { isObject } from '../../schema/node.ts'
import { badRequest, internalError } from '../../status-error.ts'
import type { AdmissionRequest } from '../plugin.ts'
import { type Endpoint, endpointOf } from './endpoint.ts'
import type { Hook, Invocation } from './invocation.ts'
import { readVerdict, rejection, reviewFor, type Verdict } from './review.ts'

const maxAnswerBytes = 16 * 1024 * 1024

/**
 * What the webhook says; null when it could not be asked and its failurePolicy is Ignore. Throws its refusal, or InternalError
 * when it could not be asked. Its warnings go to the caller.
 */
export async function callHook(
  request: AdmissionRequest,
  invocation: Invocation,
  mutating: boolean,
): Promise<Verdict | null> {
  const { hook } = invocation
  const { sideEffects } = hook.spec
  if (request.dryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun')
    throw badRequest(`admission webhook ${JSON.stringify(hook.name)} does not support dry run`)
  let verdict: Verdict
  try {
    verdict = await ask(request, invocation, mutating)
  } catch (error) {
    if (hook.spec.failurePolicy === 'Ignore') return null
    throw internalError(`failed calling webhook ${JSON.stringify(hook.name)}: ${(error as Error).message}`)
  }
  request.warnings.push(...verdict.warnings)
  if (!verdict.allowed) throw rejection(hook.name, verdict.status)
  return verdict
}

async function ask(request: AdmissionRequest, invocation: Invocation, mutating: boolean): Promise<Verdict> {
  const { hook } = invocation
  const review = reviewFor(request, invocation)
  const timeoutSeconds = Number(hook.spec.timeoutSeconds ?? 10)
  const answer = await post(request, hook, JSON.stringify(review.body), timeoutSeconds).catch((error: unknown) => {
    throw new Error(`failed to call webhook: ${(error as Error).message}`)
  })
  try {
    return readVerdict(review, answer, mutating)
  } catch (error) {
    throw new Error(`received invalid webhook response: ${(error as Error).message}`)
  }
}

async function post(request: AdmissionRequest, hook: Hook, body: string, timeoutSeconds: number): Promise<unknown> {
  const { clientConfig } = hook.spec
  const config = isObject(clientConfig) ? clientConfig : {}
  const endpoint = endpointOf(request.store, config, timeoutSeconds)
  const bundle = typeof config.caBundle === 'string' ? Buffer.from(config.caBundle, 'base64').toString() : ''
  const { status, text } = await send(endpoint, bundle, body, timeoutSeconds).catch((error: unknown) => {
    throw new Error(`Post ${JSON.stringify(endpoint.url)}: ${reasonOf(error)}`)
  })
  if (status < 200 || status > 206) throw new Error(statusText(status, text))
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('the answer is not JSON')
  }
}

function send(
  endpoint: Endpoint,
  bundle: string,
  body: string,
  timeoutSeconds: number,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpsRequest(
      {
        ...endpoint.address(),
        path: endpoint.path,
        method: 'POST',
        // Without a bundle the machine's own authorities count, as on a real server.
        ca: bundle === '' ? [...rootCertificates] : bundle,
        ...(isIP(endpoint.serverName) ? {} : { servername: endpoint.serverName }),
        headers: {
          'Content-Type': 'application/json',
          Accept: 'application/json, */*',
          'Content-Length': Buffer.byteLength(body),
          'User-Agent': 'kube-apiserver-admission',
        },
        signal: AbortSignal.timeout(timeoutSeconds * 1000),
      },
      (response) => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > maxAnswerBytes) sent.destroy(new Error('the answer is too large'))
          chunks.push(chunk)
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
        response.on('error', reject)
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

function reasonOf(error: unknown): string {
  const failure = error as { name?: string; code?: string; address?: string; port?: number; message: string }
  const { name, code, message } = failure
  if (name === 'AbortError' || name === 'TimeoutError') return 'context deadline exceeded'
  if (code === 'ECONNREFUSED') return `dial tcp ${failure.address}:${failure.port}: connect: connection refused`
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${(error as { hostname?: string }).hostname}: no such host`
  const isUntrusted = code?.includes('SELF_SIGNED') || code?.startsWith('UNABLE_TO_')
  if (isUntrusted) return 'tls: failed to verify certificate: x509: certificate signed by unknown authority'
  return message
}

function statusText(status: number, text: string): string {
  if (status === 404) return 'the server could not find the requested resource'
  if (status >= 500)
    return `an error on the server (${JSON.stringify(text.trim().slice(0, 2_048) || 'unknown')}) has prevented the request from succeeding`
  return `the server responded with the status code ${status} but did not return more information`
}
