/** MutatingWebhookConfiguration and ValidatingWebhookConfiguration (k8s.io/kubernetes/pkg/apis/admissionregistration). */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { conditionFault } from '../cel/conditions.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import type { FieldError } from '../status-error.ts'
import { invalidValue, notSupported, required, tooMany } from './field-errors.ts'
import type { KindRules } from './kind-rules.ts'
import { keyFaults, nameFault } from './names.ts'

const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

function setDefaults(configuration: KubeObject): void {
  for (const hook of objects(configuration.webhooks)) {
    hook.failurePolicy ??= 'Fail'
    hook.matchPolicy ??= 'Equivalent'
    hook.namespaceSelector ??= {}
    hook.objectSelector ??= {}
    hook.timeoutSeconds ??= 10
    if (configuration.kind === 'MutatingWebhookConfiguration') hook.reinvocationPolicy ??= 'Never'
    for (const rule of objects(hook.rules)) rule.scope ??= '*'
    const service = isObject(hook.clientConfig) ? hook.clientConfig.service : undefined
    if (isObject(service)) service.port ??= 443
  }
}

/** `IsFullyQualifiedName`. */
function qualifiedFaults(field: string, name: unknown): FieldError[] {
  if (typeof name !== 'string' || name === '') return [required(field)]
  const faults = nameFault(name, 'subdomain').map((detail) => invalidValue(field, name, detail))
  if (faults.length > 0 || name.split('.').length >= 3) return faults
  return [invalidValue(field, name, 'should be a domain with at least three segments separated by dots')]
}

const oneOf = (field: string, value: unknown, allowed: readonly string[]): FieldError[] =>
  value === undefined || allowed.includes(String(value)) ? [] : [notSupported(field, value, allowed)]

function hookFaults(hook: JsonObject, at: string): FieldError[] {
  const { sideEffects, timeoutSeconds } = hook
  const errors = qualifiedFaults(`${at}.name`, hook.name)
  errors.push(...objects(hook.rules).flatMap((rule, index) => ruleFaults(rule, `${at}.rules[${index}]`)))
  errors.push(...oneOf(`${at}.failurePolicy`, hook.failurePolicy, ['Fail', 'Ignore']))
  errors.push(...oneOf(`${at}.matchPolicy`, hook.matchPolicy, ['Equivalent', 'Exact']))
  if (sideEffects === undefined) errors.push(required(`${at}.sideEffects`, 'must specify one of None, NoneOnDryRun'))
  errors.push(...oneOf(`${at}.sideEffects`, sideEffects, ['None', 'NoneOnDryRun']))
  if (typeof timeoutSeconds === 'number' && (timeoutSeconds > 30 || timeoutSeconds < 1))
    errors.push(
      invalidValue(`${at}.timeoutSeconds`, timeoutSeconds, 'the timeout value must be between 1 and 30 seconds'),
    )
  errors.push(...oneOf(`${at}.reinvocationPolicy`, hook.reinvocationPolicy, ['IfNeeded', 'Never']))
  errors.push(...clientFaults(isObject(hook.clientConfig) ? hook.clientConfig : {}, `${at}.clientConfig`))
  errors.push(...conditionFaults(objects(hook.matchConditions), `${at}.matchConditions`))
  return [...errors, ...versionFaults(hook.admissionReviewVersions, `${at}.admissionReviewVersions`)]
}

function conditionFaults(conditions: readonly JsonObject[], at: string): FieldError[] {
  const names = conditions.map((one) => String(one.name ?? ''))
  const errors = conditions.length > 64 ? [tooMany(at, conditions.length, 64)] : []
  for (const [index, one] of conditions.entries()) {
    const field = `${at}[${index}]`
    const [name = '', expression] = [names[index], String(one.expression ?? '').trim()]
    const fault = expression === '' ? undefined : conditionFault(expression)
    if (expression === '') errors.push(required(`${field}.expression`))
    if (fault !== undefined) errors.push(invalidValue(`${field}.expression`, expression, fault))
    if (name === '') errors.push(required(`${field}.name`))
    errors.push(...(name === '' ? [] : keyFaults(name)).map((detail) => invalidValue(`${field}.name`, name, detail)))
    if (name !== '' && names.indexOf(name) < index)
      errors.push({ field: `${field}.name`, type: 'FieldValueDuplicate', value: name, detail: '' })
  }
  return errors
}

function clientFaults(config: JsonObject, at: string): FieldError[] {
  if ((config.url === undefined) === (config.service === undefined))
    return [required(at, 'exactly one of url or service is required')]
  if (isObject(config.service)) return serviceFaults(config.service, `${at}.service`)
  const form = '; desired format: https://host[/path]'
  const field = `${at}.url`
  if (!URL.canParse(String(config.url))) {
    const scheme = invalidValue(field, '', `'https' is the only allowed URL scheme${form}`)
    return [scheme, invalidValue(field, '', `host must be specified${form}`)]
  }
  const url = new URL(String(config.url))
  const errors: FieldError[] = []
  if (url.protocol !== 'https:')
    errors.push(invalidValue(field, url.protocol.slice(0, -1), `'https' is the only allowed URL scheme${form}`))
  if (url.host === '') errors.push(invalidValue(field, '', `host must be specified${form}`))
  if (url.username || url.password)
    errors.push(invalidValue(field, url.username, 'user information is not permitted in the URL'))
  if (url.hash) errors.push(invalidValue(field, url.hash.slice(1), 'fragments are not permitted in the URL'))
  if (url.search) errors.push(invalidValue(field, url.search.slice(1), 'query parameters are not permitted in the URL'))
  return errors
}

function serviceFaults(service: JsonObject, at: string): FieldError[] {
  const errors: FieldError[] = []
  const { port, path } = service
  if (!service.name) errors.push(required(`${at}.name`))
  if (!service.namespace) errors.push(required(`${at}.namespace`))
  if (typeof port !== 'number' || port < 1 || port > 65_535)
    errors.push(invalidValue(`${at}.port`, port, 'port is not valid: must be between 1 and 65535, inclusive'))
  if (typeof path === 'string' && path !== '' && !path.startsWith('/'))
    errors.push(invalidValue(`${at}.path`, path, "must start with a '/'"))
  return errors
}

function ruleFaults(rule: JsonObject, at: string): FieldError[] {
  const errors: FieldError[] = []
  const list = (name: string, title: string) => {
    const values = texts(rule[name])
    if (values.length === 0) errors.push(required(`${at}.${name}`))
    if (title !== '' && values.length > 1 && values.includes('*'))
      errors.push(invalidValue(`${at}.${name}`, values, `if '*' is present, must not specify other ${title}`))
    return values
  }
  const known = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
  for (const [index, operation] of list('operations', 'operations').entries())
    errors.push(...oneOf(`${at}.operations[${index}]`, operation, known))
  list('apiGroups', 'API groups')
  for (const [index, version] of list('apiVersions', 'API versions').entries())
    if (version === '') errors.push(required(`${at}.apiVersions[${index}]`))
  const resources = list('resources', '')
  errors.push(...resources.flatMap((name, index) => (name === '' ? [required(`${at}.resources[${index}]`)] : [])))
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalidValue(`${at}.resources`, resources, "if '*/*' is present, must not specify other resources"))
  if (resources.includes('*') && resources.some((name) => name !== '*' && !name.includes('/')))
    errors.push(
      invalidValue(
        `${at}.resources`,
        resources,
        "if '*' is present, must not specify other resources without subresources",
      ),
    )
  return [...errors, ...oneOf(`${at}.scope`, rule.scope, ['*', 'Cluster', 'Namespaced'])]
}

function versionFaults(value: unknown, field: string): FieldError[] {
  const versions = texts(value)
  if (versions.length === 0) return [required(field, 'must specify one of v1, v1beta1')]
  const errors = versions.flatMap((version, index) => {
    const at = `${field}[${index}]`
    if (versions.indexOf(version) < index) return [invalidValue(at, version, 'duplicate version')]
    return nameFault(version, 'label1035').map((detail) => invalidValue(at, version, detail))
  })
  if (!versions.includes('v1') && !versions.includes('v1beta1'))
    errors.push(invalidValue(field, versions, 'must include at least one of v1, v1beta1'))
  return errors
}

const webhookConfiguration: KindRules = {
  defaults: setDefaults,
  validate: (configuration) => {
    const seen = new Set<unknown>()
    return objects(configuration.webhooks).flatMap((hook, index) => {
      const at = `webhooks[${index}]`
      const errors = hookFaults(hook, at)
      if (seen.has(hook.name))
        errors.push({ field: `${at}.name`, type: 'FieldValueDuplicate', value: hook.name, detail: '' })
      seen.add(hook.name)
      return errors
    })
  },
}

export const webhookRules: Readonly<Record<string, KindRules>> = {
  MutatingWebhookConfiguration: webhookConfiguration,
  ValidatingWebhookConfiguration: webhookConfiguration,
}
