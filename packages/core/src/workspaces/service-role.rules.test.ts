import type { ServiceRoleBinding } from '@keelson/contracts/kinds'
import { expect, it } from 'vitest'
import { grantOfBinding } from './service-role.rules.ts'

const principal = (text: string) => ({ properties: { 'source.principal': text } })
const policy = (spec: ServiceRoleBinding['spec'], namespace = 'admin'): ServiceRoleBinding => ({
  apiVersion: 'rbac.istio.io/v1alpha1',
  kind: 'ServiceRoleBinding',
  metadata: { name: 'bind-ml-pipeline-nb-admin', namespace, uid: 'u' },
  ...(spec === undefined ? {} : { spec }),
})
const pipelines = { kind: 'ServiceRole', name: 'ml-pipeline-services' }
const editor = principal('cluster.local/ns/admin/sa/default-editor')

it.each(['admin', 'kubeflow'])('grants pipelines to the account, applied in %s', (namespace) => {
  expect(grantOfBinding(policy({ roleRef: pipelines, subjects: [editor] }, namespace))).toMatchObject({
    kind: 'granted',
    bindings: [
      {
        metadata: { namespace: 'admin' },
        roleRef: { kind: 'ClusterRole', name: 'keelson-pipelines' },
        subjects: [{ kind: 'ServiceAccount', name: 'default-editor', namespace: 'admin' }],
      },
    ],
  })
})

it.each([
  ['UnknownRole', { roleRef: { kind: 'ServiceRole', name: 'ns-access-istio' }, subjects: [editor] }],
  ['UnknownRole', undefined],
  ['Permissive', { roleRef: pipelines, subjects: [editor], mode: 'PERMISSIVE' }],
  ['NoSubjects', { roleRef: pipelines, subjects: [] }],
  ['UnknownSubject', { roleRef: pipelines, subjects: [{ user: '*' }] }],
  ['UnknownSubject', { roleRef: pipelines, subjects: [principal('*')] }],
  ['UnknownSubject', { roleRef: pipelines, subjects: [principal('cluster.local/ns/admin/sa/*')] }],
  ['UnknownSubject', { roleRef: pipelines, subjects: [principal('cluster.local/ns/../sa/x')] }],
  ['UnknownSubject', { roleRef: pipelines, subjects: [{ properties: { 'request.headers[kubeflow-userid]': 'bob' } }] }],
  [
    'UnknownSubject',
    { roleRef: pipelines, subjects: [{ properties: { ...editor.properties, 'source.ip': '10.0.0.0/8' } }] },
  ],
  ['OtherNamespace', { roleRef: pipelines, subjects: [principal('cluster.local/ns/other/sa/default-editor')] }],
])('refuses with the reason %s', (reason, spec) => {
  expect(grantOfBinding(policy(spec))).toMatchObject({ kind: 'refused', reason })
})
