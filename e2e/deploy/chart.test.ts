/** The Helm chart as Helm renders it. Whether a real API server takes it, the cluster tests say. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type TestContext, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { chart, needTool, repository, runTool } from './tools.ts'

type Container = {
  name: string
  image: string
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef?: { name: string; key: string } } }[]
  securityContext?: object
  startupProbe?: object
  livenessProbe?: object
  readinessProbe?: object
  resources?: { requests?: object; limits?: object }
}
type Rendered = {
  kind: string
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> }
  spec: Record<string, unknown>
  subjects?: { name: string; namespace?: string }[]
}

function render(context: TestContext, values: string, ...args: string[]): Rendered[] {
  const helm = needTool('helm', context)
  const file = join(chart, 'ci', `${values}.yaml`)
  const base = ['template', 'keelson', chart, '--namespace', 'ml-system', '--kube-version', '1.36.0', '-f', file]
  const { code, stdout, stderr } = runTool(helm, [...base, ...args])
  expect(code, stderr).toBe(0)
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as Rendered | null)
    .filter((object) => object !== null)
}

const named = (objects: Rendered[], kind: string, name: string) =>
  objects.find((object) => object.kind === kind && object.metadata.name === name)

function podOf(objects: Rendered[], part: string) {
  const deployment = named(objects, 'Deployment', `keelson-${part}`)
  if (deployment === undefined) throw new Error(`there is no Deployment of the ${part}`)
  const { template } = deployment.spec as { template: { spec: { containers: Container[] } & Record<string, unknown> } }
  return template.spec
}
const envOf = (objects: Rendered[], part: string) =>
  Object.fromEntries((podOf(objects, part).containers[0]?.env ?? []).map(({ name, ...rest }) => [name, rest]))

const valueSets = ['minimal', 'full']

test.for(valueSets)('helm lint --strict: %s', (values, context) => {
  const helm = needTool('helm', context)
  const { code, stdout, stderr } = runTool(helm, ['lint', '--strict', chart, '-f', join(chart, 'ci', `${values}.yaml`)])
  expect(code, stdout + stderr).toBe(0)
})

test.for(valueSets)('every process has probes, resources and a tight security context: %s', (values, context) => {
  const objects = render(context, values)
  for (const part of ['gateway', 'controller', 'web']) {
    const pod = podOf(objects, part)
    expect(pod.securityContext, part).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    for (const container of [...pod.containers, ...((pod.initContainers as Container[] | undefined) ?? [])]) {
      expect(container.securityContext, container.name).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      expect(container.resources?.requests, container.name).toMatchObject({ cpu: expect.anything() })
      expect(container.resources?.limits, container.name).toMatchObject({ memory: expect.anything() })
    }
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const)
      expect(pod.containers[0]?.[probe], `${part} ${probe}`).toBeDefined()
  }
  expect(podOf(objects, 'web').automountServiceAccountToken).toBe(false)
})

test('the webhook of PodDefaults trusts its own certificate, and asks by a path that is a secret', (context) => {
  const objects = render(context, 'minimal')
  const secret = named(objects, 'Secret', 'keelson-webhook') as unknown as { data: Record<string, string> }
  const found = named(objects, 'MutatingWebhookConfiguration', 'keelson-pod-defaults')
  const [webhook] = (found as unknown as { webhooks: { clientConfig: object; failurePolicy: string }[] }).webhooks
  const path = Buffer.from(secret.data.path ?? '', 'base64').toString()
  expect(path).toMatch(/^\/[a-z0-9]{48}$/)
  expect(webhook).toMatchObject({
    failurePolicy: 'Fail',
    clientConfig: {
      caBundle: secret.data['ca.crt'],
      service: { name: 'keelson-webhook', namespace: 'ml-system', port: 443, path },
    },
  })
  expect(named(objects, 'Service', 'keelson-webhook')?.spec).toMatchObject({
    ports: [{ port: 443, targetPort: 'webhook' }],
  })
  const environment = envOf(objects, 'controller')
  expect(environment.KEELSON_WEBHOOK_PATH?.valueFrom?.secretKeyRef).toEqual({ name: 'keelson-webhook', key: 'path' })
  const without = render(context, 'minimal', '--set', 'podDefaults.enabled=false')
  expect(without.filter(({ metadata }) => /pod-defaults/.test(metadata.name))).toEqual([])
  for (const rendered of [objects, without]) {
    const creators = named(rendered, 'ValidatingWebhookConfiguration', 'keelson-creators')
    expect(creators).toMatchObject({
      webhooks: [{ failurePolicy: 'Ignore', clientConfig: { service: { name: 'keelson-webhook' } } }],
    })
    expect(envOf(rendered, 'controller').KEELSON_WEBHOOK_PORT).toBeDefined()
  }
})

test('what is named by a Secret is nowhere written out, and nothing made up is beside it', (context) => {
  const objects = render(context, 'minimal')
  expect(envOf(objects, 'gateway').DATABASE_URL).toEqual({
    valueFrom: { secretKeyRef: { name: 'keelson-postgres', key: 'DATABASE_URL' } },
  })
  expect(envOf(objects, 'web').OIDC_CLIENT_SECRET).toEqual({
    valueFrom: { secretKeyRef: { name: 'keelson-oidc-client', key: 'OIDC_CLIENT_SECRET' } },
  })
  expect(objects.filter(({ kind }) => kind === 'Secret').map(({ metadata }) => metadata.name)).toEqual([
    'keelson-secrets',
    'keelson-webhook',
  ])
  expect(named(objects, 'Secret', 'keelson-secrets')?.metadata.annotations).toEqual({
    'helm.sh/resource-policy': 'keep',
  })
})

test('pods reach the platform at the Service, or at the advertised address', (context) => {
  const service = 'http://keelson-gateway.ml-system.svc'
  const minimal = render(context, 'minimal')
  for (const part of ['gateway', 'controller']) expect(envOf(minimal, part).KEELSON_POD_URL).toEqual({ value: service })
  expect(envOf(minimal, 'web').KEELSON_GATEWAY_URL).toEqual({ value: service })
  expect(envOf(render(context, 'full'), 'controller')).toMatchObject({
    KEELSON_POD_URL: { value: 'http://keelson.internal:7700' },
    KEELSON_KINDS: { value: 'inferenceservices.serving.kserve.io=other,profiles.kubeflow.org=keelson' },
  })
})

test('the Ingress has one host for each site, and one of all notebooks', (context) => {
  expect(render(context, 'minimal').filter(({ kind }) => kind === 'Ingress')).toEqual([])
  const ingress = named(render(context, 'full'), 'Ingress', 'keelson')
  const backend = (name: string) => ({ service: { name: 'keelson-gateway', port: { name } } })
  const rule = (host: string, port: string) => ({
    host,
    http: { paths: [{ path: '/', pathType: 'Prefix', backend: backend(port) }] },
  })
  expect(ingress?.spec).toEqual({
    ingressClassName: 'nginx',
    tls: [
      { hosts: ['keelson.example.com'], secretName: 'keelson-tls' },
      { hosts: ['keelson-content.example.net'], secretName: 'keelson-content-tls' },
      { hosts: ['*.nb.example.net'], secretName: 'keelson-tls' },
    ],
    rules: [
      rule('keelson.example.com', 'http'),
      rule('keelson-content.example.net', 'content'),
      rule('*.nb.example.net', 'notebooks'),
    ],
  })
})

test('definitions and roles are those of deploy/, in the release’s namespace; skipped ones and nobody’s admins are left out', (context) => {
  const full = render(context, 'full')
  const minimal = render(context, 'minimal')
  const file = readFileSync(join(repository, 'deploy/crds/serving.kserve.io_inferenceservices.yaml'), 'utf8')
  const crd = named(minimal, 'CustomResourceDefinition', 'inferenceservices.serving.kserve.io')
  expect(crd?.spec).toEqual((parse(file) as Rendered).spec)
  expect(crd?.metadata).toMatchObject({
    labels: { 'app.kubernetes.io/part-of': 'keelson' },
    annotations: { 'helm.sh/resource-policy': 'keep' },
  })
  expect(named(full, 'CustomResourceDefinition', 'inferenceservices.serving.kserve.io')).toBeUndefined()
  expect(named(full, 'CustomResourceDefinition', 'profiles.kubeflow.org')).toBeDefined()
  expect(named(minimal, 'ClusterRoleBinding', 'keelson-admins')).toBeUndefined()
  expect(named(full, 'ClusterRoleBinding', 'keelson-admins')?.subjects?.map(({ name }) => name)).toEqual([
    'ml-operators',
  ])
  expect(named(minimal, 'RoleBinding', 'keelson-leader')).toMatchObject({
    metadata: { namespace: 'ml-system' },
    subjects: [{ name: 'keelson-controller', namespace: 'ml-system' }],
  })
  expect(JSON.stringify(minimal)).not.toContain('keelson-system')
})

test('one replica has no disruption budget', (context) => {
  const budgets = render(context, 'full').filter(({ kind }) => kind === 'PodDisruptionBudget')
  expect(budgets.map(({ metadata }) => metadata.name).sort()).toEqual(['keelson-gateway', 'keelson-web'])
})

test.for([
  [['--set', 'url='], 'url'],
  [['--set', 'url=keelson.example.com'], 'url'],
  [['--set', 'database.existingSecret='], 'database'],
  [['--set', 'oidc.existingSecret='], 'oidc'],
  [['--set', 'oidc.adminGroup=system:masters'], 'adminGroup'],
  [['--set', 'gateway.replica=3'], 'replica'],
  [['--set', 'kinds.pods=upstream'], 'kinds'],
  [['--set', 'service.type=External'], 'service'],
] as const)('values that cannot work are refused by name: %s', ([args, name], context) => {
  const helm = needTool('helm', context)
  const base = ['template', 'keelson', chart, '--kube-version', '1.36.0', '-f', join(chart, 'ci/minimal.yaml')]
  const { code, stderr } = runTool(helm, [...base, ...args])
  expect(code).not.toBe(0)
  expect(stderr.replaceAll(/walk\.go.*\n/g, '')).toContain(name)
})
