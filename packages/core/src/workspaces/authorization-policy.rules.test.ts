import type { AuthorizationPolicy, AuthorizationPolicySpec } from '@keelson/contracts/kinds'
import { describe, expect, it } from 'vitest'
import { grantOfAuthorization } from './authorization-policy.rules.ts'

const policy = (
  spec: AuthorizationPolicySpec | undefined,
  namespace = 'admin',
  name = 'policy',
): AuthorizationPolicy => ({
  apiVersion: 'security.istio.io/v1beta1',
  kind: 'AuthorizationPolicy',
  metadata: { name, namespace, uid: '0123456789abcdef' },
  ...(spec === undefined ? {} : { spec }),
})
const pipelines = { selector: { matchLabels: { app: 'ml-pipeline' } } }
const endpoint = { selector: { matchLabels: { 'serving.kserve.io/inferenceservice': 'churn' } } }
const editor = 'cluster.local/ns/admin/sa/default-editor'
type Rule = NonNullable<AuthorizationPolicySpec['rules']>[number]
const from = (source: NonNullable<NonNullable<Rule['from']>[number]['source']>): Rule[] => [{ from: [{ source }] }]

describe('a policy is granted', () => {
  it.each(['admin', 'kubeflow'])('to the account for pipelines, applied in %s', (namespace) => {
    expect(
      grantOfAuthorization(policy({ ...pipelines, rules: from({ principals: [editor] }) }, namespace)),
    ).toMatchObject({
      kind: 'granted',
      roles: [],
      bindings: [
        {
          metadata: { namespace: 'admin', labels: { 'keelson.dev/istio-policy': '0123456789abcdef' } },
          roleRef: { kind: 'ClusterRole', name: 'keelson-pipelines' },
          subjects: [{ kind: 'ServiceAccount', name: 'default-editor', namespace: 'admin' }],
        },
      ],
    })
  })

  it('once for each workspace of the accounts that an operator’s policy names', () => {
    const other = 'cluster.local/ns/team/sa/default-editor'
    const verdict = grantOfAuthorization(
      policy({ ...pipelines, rules: from({ principals: [editor, other] }) }, 'kubeflow'),
    )
    expect(verdict).toMatchObject({
      bindings: [{ metadata: { namespace: 'admin' } }, { metadata: { namespace: 'team' } }],
    })
  })

  it.each([
    ['by the label of its pods', endpoint],
    [
      'by all the labels of its pods',
      {
        selector: {
          matchLabels: { ...endpoint.selector.matchLabels, component: 'predictor', app: 'isvc.churn-predictor' },
        },
      },
    ],
    ['by its Service', { targetRefs: [{ kind: 'Service', name: 'churn-predictor' }] }],
  ])('for one endpoint and no other, %s', (_, target) => {
    const rules = [...from({ namespaces: ['team'] }), ...from({ serviceAccounts: ['other/caller'] })]
    expect(grantOfAuthorization(policy({ ...target, action: 'ALLOW', rules }))).toMatchObject({
      kind: 'granted',
      roles: [
        {
          metadata: { namespace: 'admin', name: 'istio-policy-01234567' },
          rules: [
            { resources: ['endpoints/invoke'], resourceNames: ['churn'], verbs: ['create'] },
            { resources: ['endpoints'], resourceNames: ['churn'], verbs: ['get'] },
          ],
        },
      ],
      bindings: [
        {
          metadata: { namespace: 'admin' },
          roleRef: { kind: 'Role', name: 'istio-policy-01234567' },
          subjects: [
            { kind: 'Group', name: 'system:serviceaccounts:team' },
            { kind: 'ServiceAccount', name: 'caller', namespace: 'other' },
          ],
        },
      ],
    })
  })
})

const rules = from({ principals: [editor] })

it.each<[string, AuthorizationPolicySpec | undefined]>([
  ['Deny', { ...pipelines, action: 'DENY', rules }],
  ['Audit', { ...pipelines, action: 'AUDIT', rules }],
  ['Custom', { ...pipelines, action: 'CUSTOM', rules, provider: { name: 'x' } }],
  ['UnknownAction', { ...pipelines, action: 'allow', rules }],
  ['DenyAll', undefined],
  ['DenyAll', {}],
  ['DenyAll', { ...pipelines, rules: [] }],
  ['Everybody', { ...pipelines, rules: [{}] }],
  ['Everybody', { ...pipelines, rules: [...rules, {}] }],
  ['UnknownCondition', { ...pipelines, rules: [{ from: rules[0]?.from, to: [{ operation: { methods: ['GET'] } }] }] }],
  [
    'UnknownCondition',
    { ...pipelines, rules: [{ from: rules[0]?.from, when: [{ key: 'source.ip', values: ['1'] }] }] },
  ],
  ['People', { rules: [{ when: [{ key: 'request.headers[kubeflow-userid]', values: ['bob@example.org'] }] }] }],
  ['UnknownSubject', { ...pipelines, rules: from({ principals: ['*'] }) }],
  ['UnknownSubject', { ...pipelines, rules: from({ principals: ['cluster.local/ns/admin/sa/*'] }) }],
  ['UnknownSubject', { ...pipelines, rules: from({ principals: ['cluster.local/ns/../sa/x'] }) }],
  ['UnknownSubject', { ...pipelines, rules: from({ principals: [] }) }],
  ['UnknownSubject', { ...pipelines, rules: from({}) }],
  ['UnknownSubject', { ...pipelines, rules: from({ namespaces: ['*'] }) }],
  ['UnknownSubject', { ...pipelines, rules: from({ notPrincipals: [editor] }) }],
  ['UnknownSubject', { ...pipelines, rules: from({ requestPrincipals: ['*'] }) }],
  ['UnknownSubject', { ...pipelines, rules: from({ ipBlocks: ['10.0.0.0/8'] }) }],
  ['UnknownSubject', { ...pipelines, rules: from({ principals: [editor], namespaces: ['admin'] }) }],
  [
    'IngressGateway',
    {
      ...pipelines,
      rules: from({ principals: ['cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account'] }),
    },
  ],
  ['UnknownTarget', { rules }],
  ['UnknownTarget', { selector: { matchLabels: {} }, rules }],
  ['UnknownTarget', { selector: { matchLabels: { app: 'ml-pipeline-ui' } }, rules }],
  ['UnknownTarget', { selector: { matchLabels: { app: 'ml-pipeline', version: '1' } }, rules }],
  [
    'UnknownTarget',
    { selector: { matchLabels: { ...endpoint.selector.matchLabels, component: 'transformer' } }, rules },
  ],
  ['UnknownTarget', { targetRefs: [{ kind: 'Gateway', group: 'gateway.networking.k8s.io', name: 'x' }], rules }],
  ['UnknownTarget', { targetRefs: [{ kind: 'Service', name: 'churn' }], rules }],
  ['UnknownField', { ...pipelines, rules, targetRef: { kind: 'Service', name: 'x' } }],
  ['OtherNamespace', { ...pipelines, rules: from({ principals: ['cluster.local/ns/other/sa/default-editor'] }) }],
  ['OtherNamespace', { ...pipelines, rules: from({ namespaces: ['other'] }) }],
])('is refused with the reason %s', (reason, spec) => {
  const verdict = grantOfAuthorization(policy(spec))
  expect(verdict).toMatchObject({ kind: 'refused', reason })
  expect(verdict.message).toMatch(/^[A-Z].*\.$/)
})

it('never lets two policies share what is made for them', () => {
  const made = (name: string, account: string, uid: string) => {
    const principals = [`cluster.local/ns/admin/sa/${account}`]
    const one = policy({ ...pipelines, rules: from({ principals }) }, 'admin', name)
    const verdict = grantOfAuthorization({ ...one, metadata: { ...one.metadata, uid } })
    return verdict.kind === 'granted' ? verdict.bindings[0]?.metadata.name : null
  }
  expect(made('a', 'b-c', '11111111-1')).not.toBe(made('a-b', 'c', '22222222-2'))
})
