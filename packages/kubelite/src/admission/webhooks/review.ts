/** `AdmissionReview` (admission.k8s.io/v1): what a webhook is sent, and what it may answer. */
import { randomUUID } from 'node:crypto'
import { apiVersionOf, type Resource } from '../../registry/resource.ts'
import { isObject, type JsonObject } from '../../schema/node.ts'
import { type StatusDetails, StatusError } from '../../status-error.ts'
import type { AdmissionRequest } from '../plugin.ts'
import { type Invocation, shownTo } from './invocation.ts'

export type Review = { uid: string; body: JsonObject }
export type Verdict = { allowed: boolean; patch: unknown[]; warnings: string[]; status: JsonObject | undefined }

const kindOf = (resource: Resource) => ({ group: resource.group, version: resource.version, kind: resource.kind })
const resourceOf = (resource: Resource) => ({
  group: resource.group,
  version: resource.version,
  resource: resource.plural,
})

/** The first of the hook's `admissionReviewVersions` that there is decides between v1 and v1beta1. */
export function reviewFor(request: AdmissionRequest, { hook, resource }: Invocation): Review {
  const uid = randomUUID()
  const { user, object, old, subresource } = request
  const versions = Array.isArray(hook.spec.admissionReviewVersions) ? hook.spec.admissionReviewVersions : ['v1']
  const version = versions.find((one) => one === 'v1' || one === 'v1beta1') ?? 'v1'
  const sub = subresource === '' ? {} : { subResource: subresource }
  const requestSub = subresource === '' ? {} : { requestSubResource: subresource }
  return {
    uid,
    body: {
      kind: 'AdmissionReview',
      apiVersion: `admission.k8s.io/${version}`,
      request: {
        uid,
        kind: request.view?.kind ?? kindOf(resource),
        resource: resourceOf(resource),
        ...sub,
        requestKind: request.view?.kind ?? kindOf(request.resource),
        requestResource: resourceOf(request.resource),
        ...requestSub,
        ...(request.name ? { name: request.name } : {}),
        ...(request.namespace ? { namespace: request.namespace } : {}),
        operation: request.operation,
        userInfo: {
          username: user.username,
          ...(user.uid ? { uid: user.uid } : {}),
          groups: user.groups,
          ...(user.extra ? { extra: user.extra } : {}),
        },
        object: object === undefined ? null : shownTo(request, resource, object),
        oldObject: old === undefined ? null : shownTo(request, resource, old),
        dryRun: request.dryRun,
        options: request.options,
      },
    },
  }
}

/** Throws an Error with a real server's words when the answer is none (`VerifyAdmissionResponse`). */
export function readVerdict(review: Review, answer: unknown, mutating: boolean): Verdict {
  if (!isObject(answer) || !isObject(answer.response)) throw new Error('webhook response was absent')
  const { response } = answer
  const isV1 = review.body.apiVersion === 'admission.k8s.io/v1'
  if (isV1) checkEnvelope(review, answer, response)
  const { patch, patchType } = response
  if (isV1 && mutating && patch && patchType === undefined)
    throw new Error('webhook returned response.patch but not response.patchType')
  if (isV1 && mutating && !patch && patchType !== undefined)
    throw new Error('webhook returned response.patchType but not response.patch')
  if (isV1 && !mutating && patch) throw new Error('validating webhook may not return response.patch')
  if (isV1 && !mutating && patchType !== undefined)
    throw new Error('validating webhook may not return response.patchType')
  if (mutating && patch && patchType !== undefined && patchType !== 'JSONPatch')
    throw new Error(`unsupported patch type ${JSON.stringify(patchType)}`)
  return {
    allowed: response.allowed === true,
    patch: mutating ? readPatch(patch) : [],
    warnings: Array.isArray(response.warnings) ? response.warnings.map(String) : [],
    status: isObject(response.status) ? response.status : undefined,
  }
}

function checkEnvelope(review: Review, answer: JsonObject, response: JsonObject): void {
  if (response.uid !== review.uid)
    throw new Error(`expected response.uid=${JSON.stringify(review.uid)}, got ${JSON.stringify(response.uid ?? '')}`)
  if (answer.apiVersion === review.body.apiVersion && answer.kind === 'AdmissionReview') return
  const got = `${String(answer.apiVersion ?? '')}, Kind=${String(answer.kind ?? '')}`
  throw new Error(`expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${got}`)
}

function readPatch(patch: unknown): unknown[] {
  if (typeof patch !== 'string' || patch === '') return []
  let read: unknown
  try {
    read = JSON.parse(Buffer.from(patch, 'base64').toString())
  } catch (error) {
    throw new Error(`received undecodable patch in webhook response: ${(error as Error).message}`)
  }
  return Array.isArray(read) ? read : []
}

/** The refusal with the webhook's own status, which is never less than 400. */
export function rejection(hook: string, status: JsonObject | undefined): StatusError {
  const denied = `admission webhook ${JSON.stringify(hook)} denied the request`
  const message = status?.message || status?.reason
  const code = typeof status?.code === 'number' && status.code >= 400 ? status.code : 400
  return new StatusError(
    code,
    typeof status?.reason === 'string' ? status.reason : '',
    message ? `${denied}: ${String(message)}` : `${denied} without explanation`,
    isObject(status?.details) ? (status.details as StatusDetails) : undefined,
  )
}

/** `CreateOptions` and its like, as they stand in a review. */
export const optionsOf = (kind: string, options: JsonObject): JsonObject => ({
  kind,
  apiVersion: apiVersionOf({ group: 'meta.k8s.io', version: 'v1' }),
  ...options,
})
