/** Reviews: kinds that are answered and never kept. */
import type { AccessAttributes } from '@keelson/contracts/kubernetes'
import { kubeTime } from '../api/object-meta.ts'
import { decodeObject } from '../api/prepare.ts'
import type { UserInfo, WriteContext } from '../api/types.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { badRequest, invalid } from '../status-error.ts'
import { sendJson } from './context.ts'
import type { ResourceCall } from './resource-call.ts'

export async function createVirtual(call: ResourceCall, body: unknown, context: WriteContext): Promise<void> {
  const object = decodeObject(call.resource, body ?? {}, context)
  const spec = isObject(object.spec) ? object.spec : {}
  const status = await statusOf(call, spec)
  const answer = {
    kind: object.kind,
    apiVersion: object.apiVersion,
    metadata:
      object.kind === 'SelfSubjectReview'
        ? { ...object.metadata, creationTimestamp: kubeTime(call.server.clock.now()) }
        : object.metadata,
    // The rules review does not repeat what it was asked.
    ...(object.spec === undefined ? {} : { spec: object.kind === 'SelfSubjectRulesReview' ? {} : spec }),
    status,
  }
  sendJson(call.response, 201, answer, context.warnings)
}

async function statusOf(call: ResourceCall, spec: JsonObject): Promise<JsonObject> {
  switch (call.resource.kind) {
    case 'TokenReview':
      return reviewToken(call, spec)
    case 'SelfSubjectReview':
      return { userInfo: userInfo(call.user) }
    case 'SelfSubjectAccessReview':
      return decide(call, call.user, spec)
    case 'SubjectAccessReview':
      return decide(call, subjectOf(call, spec), spec)
    case 'LocalSubjectAccessReview':
      return decide(call, subjectOf(call, spec), localSpec(call, spec))
    default:
      return rulesReview(call, spec)
  }
}

const userInfo = (user: UserInfo): JsonObject => ({
  username: user.username,
  ...(user.uid ? { uid: user.uid } : {}),
  groups: user.groups,
  ...(user.extra ? { extra: user.extra } : {}),
})
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

async function reviewToken(call: ResourceCall, spec: JsonObject): Promise<JsonObject> {
  const { authenticator, tokens } = call.server
  if (typeof spec.token !== 'string' || spec.token === '') return { user: {}, error: 'no token provided' }
  const asked = strings(spec.audiences)
  const verified = await authenticator.review(spec.token, asked.length > 0 ? asked : [tokens.audience])
  if (verified === null || verified.audiences.length === 0)
    return { user: {}, error: '[invalid bearer token, Token could not be validated.]' }
  return { authenticated: true, user: userInfo(verified.user), audiences: verified.audiences }
}

function subjectOf(call: ResourceCall, spec: JsonObject): UserInfo {
  const username = typeof spec.user === 'string' ? spec.user : ''
  const groups = strings(spec.groups)
  if (username === '' && groups.length === 0) {
    throw invalid('authorization.k8s.io', call.resource.kind, '', [
      {
        field: 'spec.user',
        type: 'FieldValueInvalid',
        value: '',
        detail: 'at least one of user or group must be specified',
      },
    ])
  }
  return { username, groups }
}

function localSpec(call: ResourceCall, spec: JsonObject): JsonObject {
  const attributes = isObject(spec.resourceAttributes) ? spec.resourceAttributes : {}
  const namespace = attributes.namespace ?? ''
  if (namespace !== call.path.namespace)
    throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${call.path.namespace ?? ''}`)
  return spec
}

function decide(call: ResourceCall, user: UserInfo, spec: JsonObject): JsonObject {
  const decision = call.server.authorizer.authorize(user, attributesOf(call, spec))
  return { allowed: decision.allowed, ...(decision.reason ? { reason: decision.reason } : {}) }
}

function attributesOf(call: ResourceCall, spec: JsonObject): AccessAttributes {
  const both = spec.resourceAttributes !== undefined && spec.nonResourceAttributes !== undefined
  if (both || (spec.resourceAttributes === undefined && spec.nonResourceAttributes === undefined)) {
    const detail = both
      ? 'cannot be specified in combination with resourceAttributes'
      : 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
    throw invalid('authorization.k8s.io', call.resource.kind, '', [
      {
        field: both ? 'spec.nonResourceAttributes' : 'spec.resourceAttributes',
        type: 'FieldValueInvalid',
        value: null,
        detail,
      },
    ])
  }
  const text = (source: JsonObject, key: string) => (typeof source[key] === 'string' ? (source[key] as string) : '')
  if (isObject(spec.nonResourceAttributes)) {
    return {
      verb: text(spec.nonResourceAttributes, 'verb'),
      group: '',
      resource: '',
      path: text(spec.nonResourceAttributes, 'path'),
    }
  }
  const asked = isObject(spec.resourceAttributes) ? spec.resourceAttributes : {}
  return {
    verb: text(asked, 'verb'),
    group: text(asked, 'group'),
    resource: text(asked, 'resource'),
    ...(text(asked, 'subresource') ? { subresource: text(asked, 'subresource') } : {}),
    ...(text(asked, 'namespace') ? { namespace: text(asked, 'namespace') } : {}),
    ...(text(asked, 'name') ? { name: text(asked, 'name') } : {}),
  }
}

function rulesReview(call: ResourceCall, spec: JsonObject): JsonObject {
  const namespace = typeof spec.namespace === 'string' ? spec.namespace : ''
  if (namespace === '') throw badRequest('no namespace on request')
  const rules = call.server.authorizer.rulesFor(call.user, namespace)
  return {
    resourceRules: rules
      .filter((rule) => (rule.nonResourceURLs ?? []).length === 0)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs,
        apiGroups,
        resources,
        ...(resourceNames ? { resourceNames } : {}),
      })),
    nonResourceRules: rules
      .filter((rule) => (rule.nonResourceURLs ?? []).length > 0)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  }
}
