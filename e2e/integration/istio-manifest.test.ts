/** A manifest of an older Kubeflow with Istio in it, applied whole: each object is served, refused in words, or no kind that is known here. */
import { startTestPlatform, type TestPlatform } from '@keelson/core/testing'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startIstioPolicies } from '../../apps/controller/src/testing/istio-policies.ts'
import { Cluster } from '../conformance/cluster.ts'
import { findKubectl } from '../support/kubectl.ts'

const manifest = (namespace: string) => `
apiVersion: rbac.istio.io/v1alpha1
kind: ClusterRbacConfig
metadata: {name: default}
spec: {mode: ON_WITH_EXCLUSION, exclusion: {namespaces: [istio-system]}}
---
apiVersion: rbac.istio.io/v1alpha1
kind: ServiceRole
metadata: {name: ns-access-istio, namespace: ${namespace}}
spec: {rules: [{services: ['*']}]}
---
apiVersion: rbac.istio.io/v1alpha1
kind: ServiceRoleBinding
metadata: {name: bind-ml-pipeline-nb-admin, namespace: ${namespace}}
spec:
  roleRef: {kind: ServiceRole, name: ml-pipeline-services}
  subjects: [{properties: {source.principal: cluster.local/ns/${namespace}/sa/default-editor}}]
---
apiVersion: security.istio.io/v1beta1
kind: AuthorizationPolicy
metadata: {name: ns-owner-access-istio, namespace: ${namespace}}
spec:
  rules:
  - when: [{key: 'request.headers[kubeflow-userid]', values: [alice@example.org]}]
  - when: [{key: source.namespace, values: [${namespace}]}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: bind-ml-pipeline-nb, namespace: ${namespace}}
spec:
  selector: {matchLabels: {app: ml-pipeline}}
  rules: [{from: [{source: {principals: [cluster.local/ns/${namespace}/sa/default-editor]}}]}]
---
apiVersion: security.istio.io/v1beta1
kind: PeerAuthentication
metadata: {name: default, namespace: ${namespace}}
spec: {mtls: {mode: STRICT}}
---
apiVersion: networking.istio.io/v1alpha3
kind: VirtualService
metadata: {name: ml-pipeline-ui, namespace: ${namespace}}
spec: {hosts: ['*'], gateways: [kubeflow-gateway]}
---
apiVersion: networking.istio.io/v1alpha3
kind: DestinationRule
metadata: {name: ml-pipeline, namespace: ${namespace}}
spec: {host: ml-pipeline.kubeflow.svc.cluster.local, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}
`

const binary = findKubectl()
let platform: TestPlatform
let policies: { stop(): void } | undefined
let namespace = ''

beforeAll(async () => {
  if (binary === null) return
  const started = await startTestPlatform('kubelite')
  if ('skipped' in started) throw new Error(started.skipped)
  platform = started
  namespace = await platform.makeWorkspace({})
  policies = await startIstioPolicies(await platform.kubeconfigOf('keelson-controller'))
})
afterAll(async () => {
  policies?.stop()
  await platform?.stop()
})

it.skipIf(binary === null)('answers for each of its objects', async () => {
  const cluster = new Cluster(platform.kubeconfigPath, binary ?? '')
  const { code, stdout, stderr } = await cluster.kubectl(['apply', '-f', '-'], manifest(namespace))
  expect(code).toBe(1)
  expect(stdout.split('\n').filter(Boolean)).toEqual([
    'servicerole.rbac.istio.io/ns-access-istio created',
    'servicerolebinding.rbac.istio.io/bind-ml-pipeline-nb-admin created',
    'authorizationpolicy.security.istio.io/ns-owner-access-istio created',
    'authorizationpolicy.security.istio.io/bind-ml-pipeline-nb created',
  ])
  for (const [kind, version] of [
    ['ClusterRbacConfig', 'rbac.istio.io/v1alpha1'],
    ['PeerAuthentication', 'security.istio.io/v1beta1'],
    ['VirtualService', 'networking.istio.io/v1alpha3'],
    ['DestinationRule', 'networking.istio.io/v1alpha3'],
  ])
    expect(stderr).toContain(`no matches for kind "${kind}" in version "${version}"`)
  const roles = { version: 'rbac.istio.io/v1alpha1', plural: 'serviceroles' }
  const newer = { version: 'security.istio.io/v1', plural: 'authorizationpolicies' }
  const conditionOf = async ({ version, plural }: typeof roles, name: string) =>
    (await cluster.get(`/apis/${version}/namespaces/${namespace}/${plural}/${name}`)).body.status?.conditions?.[0]
  await eventually(
    async () => {
      expect(await conditionOf(roles, 'ns-access-istio')).toMatchObject({ reason: 'NotEnforced' })
      expect(await conditionOf(newer, 'ns-owner-access-istio')).toMatchObject({
        status: 'False',
        reason: 'People',
      })
      expect(await conditionOf(newer, 'bind-ml-pipeline-nb')).toMatchObject({
        status: 'True',
      })
    },
    { timeoutMs: 20_000 },
  )
  const shown = await cluster.kubectl(['get', 'authorizationpolicies', '-n', namespace])
  expect(shown.stdout).toMatch(/ns-owner-access-istio +False +Nobody is a person by a header here/)
  cluster.close()
})
