/** Istio's AuthorizationPolicy as the RBAC that does the same, or why there is none. Pure. */
import type { AuthorizationPolicy, AuthorizationPolicySpec } from '@keelson/contracts/kinds'
import { predictorName, servingLabels } from '../serving/index.ts'
import {
  grantEndpoint,
  grantPipelines,
  type PolicyVerdict,
  type Refused,
  refused,
  type Source,
  sourceOfNamespace,
  sourceOfPrincipal,
} from './istio-policy.rules.ts'

type Rule = NonNullable<AuthorizationPolicySpec['rules']>[number]
type From = NonNullable<Rule['from']>[number]
type Target = { kind: 'pipelines' } | { kind: 'endpoint'; name: string }

/** The label and the Service of Kubeflow Pipelines' API. */
const pipelinesService = 'ml-pipeline'

const otherActions: Readonly<Record<string, Refused>> = {
  DENY: refused(
    'Deny',
    'RBAC only allows, so nothing can be denied by a policy: take away the RoleBinding that lets them in, or write a NetworkPolicy.',
  ),
  AUDIT: refused('Audit', 'Nothing is audited by a policy: what is refused stands in the audit trail anyway.'),
  CUSTOM: refused(
    'Custom',
    'There are no external authorizers: give accounts a role with a RoleBinding, people as contributors.',
  ),
}

/**
 * A policy that allows accounts to reach pipelines or one endpoint. Who is not named is not let in, here as in Istio. A policy is
 * granted whole or not at all: a part of it, or one without its conditions, would be another policy.
 */
export function grantOfAuthorization(policy: AuthorizationPolicy): PolicyVerdict {
  const { selector, targetRefs, action = 'ALLOW', rules = [], ...rest } = policy.spec ?? {}
  if (action !== 'ALLOW') return otherActions[action] ?? refused('UnknownAction', `There is no action ${action}.`)
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) return refused('UnknownField', `The field spec.${unknown} is not known here.`)
  if (rules.length === 0)
    return refused(
      'DenyAll',
      'A policy without rules lets nobody in. Pipelines and endpoints let nobody in without a grant anyway; for pods, write a NetworkPolicy.',
    )
  const sources: Source[] = []
  for (const rule of rules) {
    const found = sourcesOf(rule)
    if ('kind' in found) return found
    sources.push(...found)
  }
  const target = targetOf({ selector, targetRefs })
  if (target.kind === 'refused') return target
  return target.kind === 'pipelines' ? grantPipelines(policy, sources) : grantEndpoint(policy, target.name, sources)
}

function sourcesOf({ from = [], to = [], when = [], ...rest }: Rule): Source[] | Refused {
  if (JSON.stringify(when).includes('kubeflow-userid'))
    return refused(
      'People',
      'Nobody is a person by a header here: add them as contributors of the workspace (the dashboard, or /kfam/v1/bindings).',
    )
  if (to.length > 0 || when.length > 0 || Object.keys(rest).length > 0)
    return refused(
      'UnknownCondition',
      'Rules for paths, methods, hosts, ports and headers (to, when) are not enforced here, and without them the policy would allow more. Use a RoleBinding to a Role on resources of keelson.dev, or a NetworkPolicy.',
    )
  if (from.length === 0)
    return refused(
      'Everybody',
      'A rule without "from" lets everybody in, signed in or not; nothing here does. Name the accounts.',
    )
  const sources: Source[] = []
  for (const each of from) {
    const found = sourcesOfOne(each)
    if (found === null)
      return refused(
        'UnknownSubject',
        'Only exact principals (cluster.local/ns/NAMESPACE/sa/ACCOUNT), serviceAccounts (NAMESPACE/ACCOUNT) or namespaces, one of them for each source, can be granted. For people, add a contributor; for addresses, write a NetworkPolicy.',
      )
    sources.push(...found)
  }
  if (sources.some(({ namespace }) => namespace === 'istio-system'))
    return refused(
      'IngressGateway',
      'People come with their own identity here, not with that of an ingress gateway: leave istio-system out, and add people as contributors.',
    )
  return sources
}

/** Fields of one source are joined by "and", which RBAC cannot say; so there is one. */
function sourcesOfOne({ source, ...rest }: From): Source[] | null {
  const [only, ...others] = Object.entries(source ?? {})
  if (only === undefined || others.length > 0 || Object.keys(rest).length > 0) return null
  const [field, values] = only
  const read = readers[field]
  if (read === undefined || !Array.isArray(values) || values.length === 0) return null
  const sources = (values as string[]).map(read)
  return sources.every((each) => each !== null) ? sources : null
}

const readers: Readonly<Record<string, (value: string) => Source | null>> = {
  principals: sourceOfPrincipal,
  serviceAccounts: (value) => sourceOfPrincipal(`cluster.local/ns/${value.replace('/', '/sa/')}`),
  namespaces: sourceOfNamespace,
}

/** By the label or the Service that Kubeflow's and KServe's own manifests use. */
function targetOf({
  selector,
  targetRefs,
}: Pick<AuthorizationPolicySpec, 'selector' | 'targetRefs'>): Target | Refused {
  const named = targetRefs === undefined ? targetOfLabels(selector?.matchLabels ?? {}) : targetOfRefs(targetRefs)
  return (
    named ??
    refused(
      'UnknownTarget',
      `Only pipelines (selector app: ${pipelinesService}) and one endpoint (selector ${servingLabels.service}: NAME) can be opened by a policy, not every pod of a namespace. For pods, write a NetworkPolicy.`,
    )
  )
}

function targetOfLabels({ app, component, [servingLabels.service]: endpoint, ...rest }: Record<string, string>) {
  if (Object.keys(rest).length > 0) return null
  if (endpoint === undefined)
    return app === pipelinesService && component === undefined ? ({ kind: 'pipelines' } as const) : null
  const isPredictor = (component ?? 'predictor') === 'predictor'
  const isSame = app === undefined || app === `isvc.${predictorName(endpoint)}`
  return isPredictor && isSame ? ({ kind: 'endpoint', name: endpoint } as const) : null
}

function targetOfRefs(refs: NonNullable<AuthorizationPolicySpec['targetRefs']>): Target | null {
  const [ref, ...others] = refs
  if (ref === undefined || others.length > 0 || ref.kind !== 'Service' || (ref.group ?? '') !== '') return null
  if (ref.name === pipelinesService) return { kind: 'pipelines' }
  const endpoint = ref.name.replace(/-predictor$/, '')
  return predictorName(endpoint) === ref.name ? { kind: 'endpoint', name: endpoint } : null
}
