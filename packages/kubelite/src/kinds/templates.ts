/** What all kinds with a pod template share. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { isObject, type JsonObject } from '../schema/node.ts'
import { selectorMatches, toSelector } from '../selectors/labels.ts'
import type { FieldError } from '../status-error.ts'
import { forbiddenField, invalidValue, notSupported, objectAt, required, setDefault } from './field-errors.ts'
import { validateLabels } from './names.ts'
import { defaultPodSpec } from './pod-defaults.ts'
import { validatePodSpec } from './pod-validation.ts'

export const specOf = (object: KubeObject): JsonObject => {
  if (!isObject(object.spec)) object.spec = {}
  return object.spec as JsonObject
}

export function defaultTemplate(spec: JsonObject): void {
  if (!isObject(spec.template)) return
  setDefault(spec.template, 'metadata', {})
  if (isObject(spec.template.spec)) defaultPodSpec(spec.template.spec)
}

/** The template's labels and pod; `allowedRestart` are the restart policies that the kind takes. */
export function validateTemplate(
  spec: JsonObject,
  allowedRestart?: readonly string[],
  path = 'spec.template',
): FieldError[] {
  const template = objectAt(spec.template)
  const podSpec = objectAt(template.spec)
  const metadata = objectAt(template.metadata)
  const errors = [...validateLabels(metadata.labels, `${path}.labels`), ...validatePodSpec(podSpec, `${path}.spec`)]
  if (allowedRestart !== undefined && !allowedRestart.includes(String(podSpec.restartPolicy)))
    errors.push(notSupported(`${path}.spec.restartPolicy`, podSpec.restartPolicy, allowedRestart))
  return errors
}

/** The selector is there, is not empty and matches the template. `kind` is how the text names the workload. */
export function validateSelector(spec: JsonObject, kind: string): FieldError[] {
  if (!isObject(spec.selector)) return [required('spec.selector')]
  const selector = toSelector(spec.selector)
  if (selector.length === 0) return [invalidValue('spec.selector', {}, `empty selector is invalid for ${kind}`)]
  const labels = objectAt(objectAt(spec.template).metadata).labels as Record<string, string> | undefined
  if (selectorMatches(selector, labels)) return []
  return [invalidValue('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`')]
}

/** Workloads that keep pods running have no use for a pod's deadline. */
export function noDeadline(spec: JsonObject, kind: string): FieldError[] {
  return objectAt(objectAt(spec.template).spec).activeDeadlineSeconds === undefined
    ? []
    : [forbiddenField('spec.template.spec.activeDeadlineSeconds', `activeDeadlineSeconds in ${kind} is not Supported`)]
}
