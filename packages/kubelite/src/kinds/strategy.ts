/** What a kind does on create and update beyond its schema: `PrepareForCreate`, `PrepareForUpdate`, `Validate` of its strategy. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { ruleSetOf } from '../cel/rules.ts'
import { rulesNotChecked, validateRules } from '../cel/validate.ts'
import type { Resource } from '../registry/resource.ts'
import { evaluateJsonPath } from '../schema/json-path.ts'
import type { JsonObject } from '../schema/node.ts'
import { validateSchema } from '../schema/validate.ts'
import { type FieldError, qualified } from '../status-error.ts'
import { objectAt } from './field-errors.ts'
import { nameRuleOf, validateMeta } from './names.ts'
import { qosClass } from './pod.ts'
import { kindRules } from './rules.ts'
import { validateKind, validateKindUpdate } from './validation.ts'

/** Sets what the server decides on a new object. Changes `object`. */
export function prepareCreate(resource: Resource, object: KubeObject, now: string): void {
  if (resource.statusSubresource && object.kind !== 'Node') delete object.status
  if (resource.generation || resource.custom !== undefined) object.metadata.generation = 1
  if (resource.custom !== undefined) return
  if (object.kind === 'Pod') object.status = { phase: 'Pending', qosClass: qosClass(object) }
  if (object.kind === 'Namespace') {
    object.status = { phase: 'Active' }
    object.spec = { finalizers: ['kubernetes'] }
  }
  kindRules[object.kind]?.prepare?.(object, now)
}

export function validateCreate(resource: Resource, object: KubeObject): FieldError[] {
  const errors = validateMetadata(resource, object)
  if (resource.custom !== undefined) errors.push(...validateCustom(resource, object))
  else errors.push(...validateKind(resource, keptForm(resource, object)))
  return errors
}

export function validateUpdate(resource: Resource, object: KubeObject, old: KubeObject): FieldError[] {
  const errors = validateMetadata(resource, object)
  if (resource.custom !== undefined) errors.push(...validateCustom(resource, object, old))
  else {
    const kept = keptForm(resource, object)
    errors.push(...validateKind(resource, kept), ...validateKindUpdate(resource, kept, keptForm(resource, old)))
  }
  return errors
}

/** Kinds whose own validation is that of all objects. */
const finalizersAsTheyAre = new Set([
  'Event',
  'PodDisruptionBudget.policy',
  'Lease.coordination.k8s.io',
  'CustomResourceDefinition.apiextensions.k8s.io',
  'MutatingWebhookConfiguration.admissionregistration.k8s.io',
  'ValidatingWebhookConfiguration.admissionregistration.k8s.io',
])
const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion']

/** What holds for all objects, and what built-in kinds ask of finalizers beside (`ValidateObjectMeta` of the core group). */
function validateMetadata(resource: Resource, { metadata }: KubeObject): FieldError[] {
  const errors = validateMeta(metadata, nameRuleOf(resource))
  if (
    resource.custom !== undefined ||
    finalizersAsTheyAre.has(qualified({ group: resource.group, plural: resource.kind }))
  )
    return errors
  const unqualified = (metadata.finalizers ?? []).flatMap((value, index): FieldError[] =>
    value.includes('/') || standardFinalizers.includes(value)
      ? []
      : [
          {
            field: `metadata.finalizers[${index}]`,
            type: 'FieldValueInvalid',
            value,
            detail: 'name is neither a standard finalizer name nor is it fully qualified',
          },
        ],
  )
  return [...errors, ...unqualified]
}

const keptForm = (resource: Resource, object: KubeObject) => resource.view?.keep(object) ?? object

/** Faults after which the rules would meet values that they are not made for (`hasBlockingErr`). */
const blocking = new Set<FieldError['type']>([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])

/** The schema first; the rules only for objects that it takes. */
function validateCustom(resource: Resource, object: KubeObject, old?: KubeObject): FieldError[] {
  const errors = [...validateSchema(contentOf(object), resource.schema, ''), ...validateScale(resource, object)]
  if (!errors.some((error) => blocking.has(error.type)))
    return [...errors, ...validateRules(resource.schema, object, old)]
  return ruleSetOf(resource.schema).empty ? errors : [...errors, rulesNotChecked]
}

/** The numbers that a Scale would show (`validateScaleSpec`, `validateScaleStatus`). */
function validateScale({ custom }: Resource, object: KubeObject): FieldError[] {
  if (custom?.scale === undefined) return []
  return [custom.scale.specReplicasPath, custom.scale.statusReplicasPath].flatMap((field): FieldError[] => {
    const value = evaluateJsonPath(object, field)[0]
    if (typeof value !== 'number' || (value >= 0 && value <= maxReplicas)) return []
    const detail = value < 0 ? 'should be a non-negative integer' : `should be less than or equal to ${maxReplicas}`
    return [{ field, type: 'FieldValueInvalid', value, detail }]
  })
}
const maxReplicas = 2 ** 31 - 1

function contentOf(object: KubeObject): JsonObject {
  const { metadata: _, ...rest } = object
  return rest
}

/** On a write of the main resource: keeps what only subresources may change. */
export function keepForMain(resource: Resource, object: KubeObject, old: KubeObject): void {
  if (resource.statusSubresource) setOrDelete(object, 'status', old.status)
  if (object.kind === 'Namespace' && resource.custom === undefined) {
    object.spec = old.spec
    object.status = old.status
  }
  if (resource.custom !== undefined) return
  kindRules[object.kind]?.prepareUpdate?.(object, old)
}

/** On a write of `/status`: everything but the status (and, of built-in kinds, labels and annotations) stays. */
export function keepForStatus(resource: Resource, object: KubeObject, old: KubeObject): KubeObject {
  const metadata =
    resource.custom === undefined
      ? { ...object.metadata, ownerReferences: old.metadata.ownerReferences, finalizers: old.metadata.finalizers }
      : {
          ...old.metadata,
          managedFields: object.metadata.managedFields,
          resourceVersion: object.metadata.resourceVersion,
          uid: object.metadata.uid,
        }
  const out: KubeObject = { ...old, metadata: metadata as KubeObject['metadata'] }
  setOrDelete(out, 'status', object.status)
  if (object.kind === 'Pod' && resource.custom === undefined) keepQos(out, old)
  return out
}

/** The class of service is the server's to say. */
function keepQos(object: KubeObject, old: KubeObject): void {
  const [status, before] = [objectAt(object.status), objectAt(old.status)]
  if (status.qosClass === undefined && before.qosClass !== undefined)
    object.status = { ...status, qosClass: before.qosClass }
}

function setOrDelete(object: KubeObject, key: string, value: unknown): void {
  if (value === undefined) delete object[key]
  else object[key] = value
}
