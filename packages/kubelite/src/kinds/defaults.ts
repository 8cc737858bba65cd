/** Defaults of the built-in kinds that their published schema does not carry. Each function changes its argument. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { isObject, type JsonObject } from '../schema/node.ts'
import { writtenLists } from '../schema/zero.ts'
import { objects, setDefault } from './field-errors.ts'
import { defaultStatus } from './pod.ts'
import { defaultPodRequests, defaultPodSpec } from './pod-defaults.ts'
import { kindRules } from './rules.ts'

const specOf = (object: KubeObject): JsonObject => {
  if (!isObject(object.spec)) object.spec = {}
  return object.spec as JsonObject
}
function binding(object: KubeObject): void {
  const rbacGroup = 'rbac.authorization.k8s.io'
  if (isObject(object.roleRef)) setDefault(object.roleRef, 'apiGroup', rbacGroup)
  for (const subject of objects(object.subjects)) {
    if (subject.kind !== 'ServiceAccount') setDefault(subject, 'apiGroup', rbacGroup)
    if (subject.kind === 'ServiceAccount' && subject.apiGroup === '') delete subject.apiGroup
  }
}

function lease(object: KubeObject): void {
  object.spec ??= {}
}

/** Their lists of rules have no `omitempty`. */
function role(object: KubeObject): void {
  const list = writtenLists[object.kind] ?? ''
  const value = object[list]
  if (!Array.isArray(value) || value.length === 0) object[list] = null
}

function customResourceDefinition(object: KubeObject): void {
  const spec = specOf(object)
  const names = isObject(spec.names) ? spec.names : {}
  setDefault(spec, 'conversion', { strategy: 'None' })
  if (typeof names.kind === 'string') {
    setDefault(names, 'singular', names.kind.toLowerCase())
    setDefault(names, 'listKind', `${names.kind}List`)
  }
}

function namespace(object: KubeObject): void {
  const { name, labels } = object.metadata
  if (name !== undefined) object.metadata.labels = { ...labels, 'kubernetes.io/metadata.name': name }
}

function secret(object: KubeObject): void {
  if (isObject(object.stringData)) {
    const encoded = Object.entries(object.stringData).map(([key, value]) => [
      key,
      Buffer.from(String(value)).toString('base64'),
    ])
    object.data = { ...(isObject(object.data) ? object.data : {}), ...Object.fromEntries(encoded) }
  }
  delete object.stringData
  setDefault(object, 'type', 'Opaque')
}

const byDefinition: Readonly<Record<string, (object: KubeObject) => void>> = {
  Pod: (object) => {
    defaultStatus(object)
    setDefault(specOf(object), 'enableServiceLinks', true)
    defaultPodSpec(specOf(object))
    defaultPodRequests(specOf(object))
  },
  Lease: lease,
  Role: role,
  ClusterRole: role,
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  CustomResourceDefinition: customResourceDefinition,
  Namespace: namespace,
  Secret: secret,
}

/** Fills the defaults of a built-in kind in place; a kind without any stays as it is. */
export function applyBuiltinDefaults(object: KubeObject): void {
  byDefinition[object.kind]?.(object)
  kindRules[object.kind]?.defaults?.(object)
}
