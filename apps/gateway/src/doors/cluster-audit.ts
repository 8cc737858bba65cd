/**
 * What an API server tells of its requests (audit.k8s.io/v1 EventList), read for what it refused. kubelite and a real kube-apiserver
 * (`--audit-webhook-config-file`, `deploy/audit`) send the same.
 */
import type { Refusal } from '@keelson/core/access'
import { z } from 'zod'

const User = z.object({ username: z.string().optional() })
const AuditEvent = z.object({
  stage: z.string(),
  verb: z.string().default(''),
  requestURI: z.string().default(''),
  user: User.nullish(),
  impersonatedUser: User.nullish(),
  objectRef: z
    .object({
      resource: z.string().optional(),
      subresource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
    })
    .nullish(),
  responseStatus: z.object({ code: z.number().optional(), reason: z.string().optional() }).nullish(),
})
export const AuditEvents = z.object({
  apiVersion: z.literal('audit.k8s.io/v1'),
  kind: z.literal('EventList'),
  items: z.array(AuditEvent),
})
type ClusterAudit = z.infer<typeof AuditEvents>['items'][number]

/** The platform's own accounts: what they are refused on a person's behalf, the door where the person asked records. */
const own = /^system:serviceaccount:keelson-system:/
const nobodyYet = new Set(['', 'system:anonymous'])

/** What the request itself is refused for: malformed, about two namespaces, not valid, too large. */
const faults: ReadonlySet<number> = new Set([400, 413, 422])

/**
 * A kube-apiserver tells of a request that proved nothing at the stage ResponseStarted and at no other
 * (k8s.io/apiserver pkg/endpoints/filters/authn_audit.go), of all others when they are complete.
 */
function isRefusal(stage: string, code: number): boolean {
  if (stage === 'ResponseStarted') return code === 401
  return stage === 'ResponseComplete' && (code === 401 || code === 403 || faults.has(code))
}

export function refusalsIn(list: z.infer<typeof AuditEvents>): Refusal[] {
  return list.items.flatMap((event) => {
    const { code, reason } = event.responseStatus ?? {}
    const caller = event.user?.username ?? ''
    if (code === undefined || !isRefusal(event.stage, code) || own.test(caller)) return []
    const refusal = toRefusal(event, caller, reason ?? (code === 401 ? 'Unauthorized' : 'Forbidden'))
    return [{ ...refusal, isFault: faults.has(code) }]
  })
}

/** Who impersonates is who asks: the name they took is a part of what they asked for. */
function toRefusal(event: ClusterAudit, caller: string, code: string): Refusal {
  const { resource, subresource, namespace, name } = event.objectRef ?? {}
  const object =
    resource === undefined ? event.requestURI.split('?', 1)[0] : [resource, subresource].filter(Boolean).join('.')
  const as = event.impersonatedUser?.username
  return {
    actor: nobodyYet.has(caller) ? null : caller,
    workspace: namespace ?? null,
    what: `${event.verb} ${object}${as === undefined ? '' : ` as ${as}`}`,
    ...(name === undefined ? {} : { name }),
    code,
    door: 'kubernetes',
  }
}
