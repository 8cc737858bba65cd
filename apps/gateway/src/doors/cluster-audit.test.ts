import { describe, expect, it } from 'vitest'
import { AuditEvents, refusalsIn } from './cluster-audit.ts'

/** An event as kube-apiserver writes it at the level Metadata (https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/). */
const event = (more: object) => ({
  level: 'Metadata',
  auditID: '6b7e2bb6-5c3d-4d5e-8f1c-0f0c1a2b3c4d',
  stage: 'ResponseComplete',
  requestURI: '/api/v1/namespaces/team-alpha/secrets/real',
  verb: 'get',
  user: { username: 'bob@example.org', groups: ['system:authenticated'] },
  sourceIPs: ['10.0.0.1'],
  userAgent: 'kubectl/v1.36.3',
  objectRef: { resource: 'secrets', namespace: 'team-alpha', name: 'real', apiVersion: 'v1' },
  responseStatus: { metadata: {}, status: 'Failure', message: 'no', reason: 'Forbidden', code: 403 },
  requestReceivedTimestamp: '2026-01-01T00:00:00.000000Z',
  stageTimestamp: '2026-01-01T00:00:00.000000Z',
  annotations: { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': '' },
  ...more,
})
const read = (...items: object[]) =>
  refusalsIn(AuditEvents.parse({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items }))

describe('refusalsIn', () => {
  it('tells who was refused what, where', () => {
    expect(read(event({}))).toEqual([
      {
        actor: 'bob@example.org',
        workspace: 'team-alpha',
        what: 'get secrets',
        name: 'real',
        code: 'Forbidden',
        door: 'kubernetes',
        isFault: false,
      },
    ])
  })

  it('hears of a token that proves nobody at the one stage at which a kube-apiserver tells of it', () => {
    const started = { stage: 'ResponseStarted', user: {} }
    expect(
      read(
        event({ ...started, responseStatus: { reason: 'Unauthorized', code: 401 } }),
        event({ ...started, responseStatus: { code: 200 } }),
      ),
    ).toMatchObject([{ actor: null, what: 'get secrets', code: 'Unauthorized' }])
  })

  it('tells a request that is at fault from one that is not allowed', () => {
    const faults = [400, 413, 422].map((code) => event({ responseStatus: { code, reason: 'BadRequest' } }))
    expect(read(...faults, event({ responseStatus: { code: 404 } })).map(({ isFault }) => isFault)).toEqual([
      true,
      true,
      true,
    ])
  })

  it('keeps nothing of what was allowed, of other stages, and of the platform acting for people', () => {
    const gateway = { username: 'system:serviceaccount:keelson-system:keelson-gateway' }
    expect(
      read(
        event({ responseStatus: { code: 200 } }),
        event({ stage: 'RequestReceived', responseStatus: null }),
        event({ user: gateway, impersonatedUser: { username: 'bob@example.org' } }),
      ),
    ).toEqual([])
  })

  it('names who impersonated, and whom they wanted to be', () => {
    const [refusal] = read(event({ impersonatedUser: { username: 'system:admin' } }))
    expect(refusal).toMatchObject({ actor: 'bob@example.org', what: 'get secrets as system:admin' })
  })

  it('knows nobody by an unknown token, and addresses that are no resource', () => {
    const unknown = event({ user: {}, responseStatus: { code: 401 }, objectRef: null, requestURI: '/metrics?x=1' })
    expect(read(unknown)).toMatchObject([{ actor: null, workspace: null, what: 'get /metrics', code: 'Unauthorized' }])
  })
})
