/** Rules for names and labels (k8s.io/apimachinery/pkg/util/validation), with their texts. */
import { randomUUID } from 'node:crypto'
import type { ObjectMeta } from '@keelson/contracts/kubernetes'
import type { FieldError } from '../status-error.ts'

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const qualifiedName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/

const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const labelText =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const label1035Text =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
const nameText =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const valueText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

export type NameRule = 'subdomain' | 'label' | 'label1035' | 'path'

/** Why `name` is not allowed, or null. */
export function nameFault(name: string, rule: NameRule): string[] {
  const out: string[] = []
  if (rule === 'path') {
    if (name === '.' || name === '..') out.push(`may not be '${name}'`)
    if (name.includes('/')) out.push("may not contain '/'")
    if (name.includes('%')) out.push("may not contain '%'")
    return out
  }
  const limit = rule === 'subdomain' ? 253 : 63
  if (name.length > limit) out.push(`must be no more than ${limit} characters`)
  if (rule === 'subdomain' && !subdomain.test(name)) out.push(subdomainText)
  if (rule === 'label' && !label.test(name)) out.push(labelText)
  if (rule === 'label1035' && !/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name)) out.push(label1035Text)
  return out
}

export function keyFaults(key: string): string[] {
  const parts = key.split('/')
  if (parts.length > 2)
    return [
      `a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  const name = parts.at(-1) ?? ''
  const out: string[] = []
  if (parts.length === 2 && parts[0] === '') out.push('prefix part must be non-empty')
  else if (parts.length === 2) out.push(...nameFault(parts[0] ?? '', 'subdomain').map((text) => `prefix part ${text}`))
  if (name === '') out.push('name part must be non-empty')
  if (name.length > 63) out.push('name part must be no more than 63 bytes')
  if (!qualifiedName.test(name)) out.push(nameText)
  return out
}

/** Why a text may not be the value of a label. */
export function valueFaults(value: string): string[] {
  const out: string[] = []
  if (value.length > 63) out.push('must be no more than 63 bytes')
  if (value !== '' && !qualifiedName.test(value)) out.push(valueText)
  return out
}

export function validateLabels(labels: unknown, field: string): FieldError[] {
  const errors: FieldError[] = []
  for (const [key, value] of Object.entries((labels ?? {}) as Record<string, string>)) {
    for (const detail of keyFaults(key)) errors.push({ field, type: 'FieldValueInvalid', value: key, detail })
    for (const detail of valueFaults(value)) errors.push({ field, type: 'FieldValueInvalid', value, detail })
  }
  return errors
}

/** The rules for `metadata` that all kinds share. */
export function validateMeta(meta: ObjectMeta, rule: NameRule): FieldError[] {
  const errors: FieldError[] = []
  // The dashes at the end of a prefix do not end the name (`maskTrailingDash`).
  const prefix = (meta.generateName ?? '').replace(/(?<=.)-$/, 'a')
  for (const detail of prefix === '' ? [] : nameFault(prefix, rule))
    errors.push({ field: 'metadata.generateName', type: 'FieldValueInvalid', value: meta.generateName, detail })
  if (!meta.name)
    errors.push({ field: 'metadata.name', type: 'FieldValueRequired', detail: 'name or generateName is required' })
  for (const detail of meta.name ? nameFault(meta.name, rule) : [])
    errors.push({ field: 'metadata.name', type: 'FieldValueInvalid', value: meta.name, detail })
  errors.push(...validateLabels(meta.labels, 'metadata.labels'))
  let size = 0
  for (const [key, value] of Object.entries(meta.annotations ?? {})) {
    for (const detail of keyFaults(key.toLowerCase()))
      errors.push({ field: 'metadata.annotations', type: 'FieldValueInvalid', value: key, detail })
    size += key.length + value.length
  }
  if (size > 256 * 1024)
    errors.push({
      field: 'metadata.annotations',
      type: 'FieldValueTooLong',
      detail: 'may not be more than 262144 bytes',
    })
  for (const owner of meta.ownerReferences ?? []) {
    for (const name of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      if (!owner[name])
        errors.push({
          field: `metadata.ownerReferences.${name}`,
          type: 'FieldValueInvalid',
          value: owner[name] ?? '',
          detail: name === 'apiVersion' ? 'version must not be empty' : 'must not be empty',
        })
    }
  }
  const controllers = (meta.ownerReferences ?? []).filter((owner) => owner.controller === true)
  if (controllers.length > 1)
    errors.push({
      field: 'metadata.ownerReferences',
      type: 'FieldValueInvalid',
      value: 'ownerReferences',
      detail: 'Only one reference can have Controller set to true',
    })
  for (const finalizer of meta.finalizers ?? []) {
    for (const detail of keyFaults(finalizer))
      errors.push({ field: 'metadata.finalizers', type: 'FieldValueInvalid', value: finalizer, detail })
  }
  return errors
}

/** Which rule the names of a kind follow. */
export function nameRuleOf(resource: { group: string; kind: string; custom?: unknown }): NameRule {
  if (resource.group === 'rbac.authorization.k8s.io') return 'path'
  if (resource.kind === 'Namespace') return 'label'
  if (resource.kind === 'Service' && resource.group === '') return 'label'
  return 'subdomain'
}

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789'

/** What a real server's `rand.String(5)` may come to. */
export function randomSuffix(): string {
  const bytes = randomUUID().replaceAll('-', '')
  return Array.from(
    { length: 5 },
    (_, index) => suffixLetters[Number.parseInt(bytes.slice(index * 4, index * 4 + 4), 16) % suffixLetters.length],
  ).join('')
}
