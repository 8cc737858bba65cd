/**
 * The admission webhook: https, asked by the API server for each new pod of a workspace that has PodDefaults, and told of each
 * new job who makes it.
 */
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PodDefault } from '@keelson/contracts/kinds'
import { applyPodDefaults, type DefaultedPod } from '@keelson/core/notebooks'
import { type KubeApi, resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { readJson, sendJson } from '@keelson/process/http-body'
import { httpService } from '@keelson/process/http-server'
import type { Logger } from '@keelson/process/logger'
import type { Service } from '@keelson/process/service'
import { z } from 'zod'

export type WebhookOptions = {
  hosts: readonly string[]
  port: number
  /** PEM files of the certificate that the API server trusts, and its key. */
  certificate: string
  key: string
  /** The path is a secret: API servers prove nothing of themselves, and what a PodDefault holds is its workspace's. */
  path: string
  /** Null while there is none yet. */
  kube(): Pick<KubeApi, 'list'> | null
  /** Of a job that is being made: by whom, as the API server knows them. */
  keepCreator(made: { uid: string; username: string }): Promise<void>
  log: Logger
  onListening?(port: number): void
}

/** admission.k8s.io/v1 AdmissionReview, as far as it is read. */
const Review = z.object({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  request: z.object({
    uid: z.string(),
    namespace: z.string(),
    operation: z.string(),
    resource: z.object({ group: z.string(), resource: z.string() }),
    userInfo: z.object({ username: z.string() }),
    dryRun: z.boolean().nullish(),
    object: z.looseObject({ metadata: z.looseObject({ uid: z.string().nullish() }) }),
  }),
})
const NewPod = z.looseObject({ spec: z.looseObject({ containers: z.array(z.unknown()) }) })

/** The API server's own limit of a request is 3 MiB; a review holds the pod once more around it. */
const mostBytes = 8 * 1024 * 1024

export function admissionWebhook(options: WebhookOptions): Service {
  return httpService({
    name: 'webhook',
    hosts: options.hosts,
    port: options.port,
    tls: { cert: readFileSync(options.certificate, 'utf8'), key: readFileSync(options.key, 'utf8') },
    log: options.log,
    handle: (request, response) => answer(options, request, response),
    onListening: (port) => options.onListening?.(port),
  })
}

async function answer(options: WebhookOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path] = (request.url ?? '').split('?')
  if (path !== options.path || request.method !== 'POST') throw new AppError('not_found', 'No such page.')
  const parsed = Review.safeParse(await readJson(request, mostBytes))
  if (!parsed.success) throw notAReview()
  const { apiVersion, kind, request: asked } = parsed.data
  sendJson(response, 200, { apiVersion, kind, response: { uid: asked.uid, ...(await verdict(options, asked)) } })
}

function notAReview(): AppError {
  return new AppError('invalid', 'This is no AdmissionReview of admission.k8s.io/v1.')
}

type Asked = z.infer<typeof Review>['request']

async function verdict(options: WebhookOptions, asked: Asked): Promise<object> {
  if (asked.operation !== 'CREATE') return { allowed: true }
  if (asked.resource.group === '' && asked.resource.resource === 'pods') return withPodDefaults(options, asked)
  // Which other kinds it is asked about is the registration's to say (deploy/webhooks/creators.yaml).
  const { uid } = asked.object.metadata
  if (uid && asked.dryRun !== true) await options.keepCreator({ uid, username: asked.userInfo.username })
  return { allowed: true }
}

async function withPodDefaults(options: WebhookOptions, { namespace, object }: Asked): Promise<object> {
  if (!NewPod.safeParse(object).success) throw notAReview()
  const kube = options.kube()
  if (kube === null) throw new AppError('unavailable', 'The controller is not connected yet.')
  // Not from a cache: who makes a PodDefault and then a pod means it for that pod.
  const { items } = await kube.list<PodDefault>(resources.podDefaults, { namespace })
  const result = applyPodDefaults(object as unknown as DefaultedPod, items)
  switch (result.kind) {
    case 'untouched':
      return { allowed: true }
    case 'refused':
      return { allowed: false, status: { code: 409, reason: 'Conflict', message: result.message } }
    case 'patched': {
      const patch = Buffer.from(JSON.stringify(result.patch)).toString('base64')
      return { allowed: true, patchType: 'JSONPatch', patch }
    }
  }
}
