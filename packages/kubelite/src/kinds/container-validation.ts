/** Ports, environment, probes and hooks of containers (k8s.io/kubernetes/pkg/apis/core/validation). */
import { isObject, type JsonObject } from '../schema/node.ts'
import type { FieldError } from '../status-error.ts'
import { forbiddenField, invalidValue, nonNegative, notSupported, required } from './field-errors.ts'

const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
const portRange = 'must be between 1 and 65535, inclusive'
const isPort = (value: unknown): boolean => typeof value === 'number' && value >= 1 && value <= 65_535

/** `IsValidPortName`. */
function portNameFaults(name: string): string[] {
  const faults: string[] = []
  if (name.length > 15) faults.push('must be no more than 15 characters')
  if (!/^[-a-z0-9]+$/.test(name)) faults.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  if (!/[a-z]/.test(name)) faults.push('must contain at least one letter (a-z)')
  if (name.includes('--')) faults.push('must not contain consecutive hyphens')
  if (name.startsWith('-') || name.endsWith('-')) faults.push('must not begin or end with a hyphen')
  return faults
}

export function validatePorts(container: JsonObject, path: string): FieldError[] {
  const names = new Set<unknown>()
  return objects(container.ports).flatMap((port, index) => {
    const at = `${path}.ports[${index}]`
    const { name, containerPort, hostPort, protocol } = port
    const errors = name ? portNameFaults(String(name)).map((detail) => invalidValue(`${at}.name`, name, detail)) : []
    if (name && errors.length === 0 && names.has(name))
      errors.push({ field: `${at}.name`, type: 'FieldValueDuplicate', value: name, detail: '' })
    names.add(name)
    if (containerPort === undefined || containerPort === 0) errors.push(required(`${at}.containerPort`))
    else if (!isPort(containerPort)) errors.push(invalidValue(`${at}.containerPort`, containerPort, portRange))
    if (hostPort !== undefined && hostPort !== 0 && !isPort(hostPort))
      errors.push(invalidValue(`${at}.hostPort`, hostPort, portRange))
    if (!['TCP', 'UDP', 'SCTP'].includes(String(protocol)))
      errors.push(notSupported(`${at}.protocol`, protocol, ['SCTP', 'TCP', 'UDP']))
    return errors
  })
}

const sources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef']
const envName = "a valid environment variable name must consist only of printable ASCII characters other than '='"

export function validateEnvironment(container: JsonObject, path: string): FieldError[] {
  return objects(container.env).flatMap((variable, index) => {
    const at = `${path}.env[${index}]`
    const name = String(variable.name ?? '')
    const errors: FieldError[] = []
    if (name === '') errors.push(required(`${at}.name`))
    else if (!/^[ -<>-~]+$/.test(name)) errors.push(invalidValue(`${at}.name`, name, envName))
    return isObject(variable.valueFrom)
      ? [...errors, ...sourceErrors(variable.valueFrom, variable.value, `${at}.valueFrom`)]
      : errors
  })
}

function sourceErrors(source: JsonObject, value: unknown, at: string): FieldError[] {
  const given = sources.filter((name) => source[name] !== undefined)
  const errors: FieldError[] = []
  for (const name of ['configMapKeyRef', 'secretKeyRef']) {
    const ref = source[name]
    if (isObject(ref) && !ref.name) errors.push(required(`${at}.${name}.name`))
    if (isObject(ref) && !ref.key) errors.push(required(`${at}.${name}.key`))
  }
  if (isObject(source.fieldRef) && !source.fieldRef.fieldPath) errors.push(required(`${at}.fieldRef.fieldPath`))
  if (given.length === 0) {
    const list =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'
    errors.push(invalidValue(at, '', list))
  } else if (value) errors.push(invalidValue(at, '', 'may not be specified when `value` is not empty'))
  else if (given.length > 1) errors.push(invalidValue(at, '', 'may not have more than one field specified at a time'))
  return errors
}

const oneOf = (field: string, value: unknown, allowed: readonly string[]): FieldError[] =>
  allowed.includes(String(value)) ? [] : [notSupported(field, value, allowed)]

export const validateMessagePolicy = (container: JsonObject, path: string): FieldError[] =>
  oneOf(`${path}.terminationMessagePolicy`, container.terminationMessagePolicy, ['File', 'FallbackToLogsOnError'])
export const validatePullPolicy = (container: JsonObject, path: string): FieldError[] =>
  oneOf(`${path}.imagePullPolicy`, container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never'])

const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const

/** Hooks and probes; an init container that ends has none. */
export function validateProbes(
  container: JsonObject,
  path: string,
  ends: boolean,
  graceSeconds: unknown,
): FieldError[] {
  const lifecycle = isObject(container.lifecycle) ? container.lifecycle : undefined
  if (ends)
    return ['lifecycle', ...probes].flatMap((name) =>
      container[name] === undefined
        ? []
        : [forbiddenField(`${path}.${name}`, 'may not be set for init containers without restartPolicy=Always')],
    )
  const errors: FieldError[] = []
  for (const name of ['postStart', 'preStop']) {
    const hook = lifecycle?.[name]
    if (!isObject(hook)) continue
    const at = `${path}.lifecycle.${name}`
    errors.push(...handler(hook, at), ...sleepErrors(hook.sleep, `${at}.sleep`, graceSeconds))
  }
  for (const name of probes) {
    const probe = container[name]
    if (!isObject(probe)) continue
    const at = `${path}.${name}`
    errors.push(...handler(probe, at))
    const counts = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold']
    errors.push(...counts.flatMap((count) => nonNegative(`${at}.${count}`, probe[count])))
    const grace = probe.terminationGracePeriodSeconds
    if (name === 'readinessProbe' && grace !== undefined)
      errors.push(invalidValue(`${at}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes'))
    else if (typeof grace === 'number' && grace <= 0)
      errors.push(invalidValue(`${at}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'))
    if (name !== 'readinessProbe' && probe.successThreshold !== 1)
      errors.push(invalidValue(`${at}.successThreshold`, probe.successThreshold, 'must be 1'))
  }
  return errors
}

const actions = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const

function handler(holder: JsonObject, at: string): FieldError[] {
  const given = actions.filter((name) => holder[name] !== undefined)
  const [first, ...others] = given
  if (first === undefined) return [required(at, 'must specify a handler type')]
  const errors = action(first, isObject(holder[first]) ? holder[first] : {}, `${at}.${first}`)
  return [
    ...errors,
    ...others.map((name) => forbiddenField(`${at}.${name}`, 'may not specify more than 1 handler type')),
  ]
}

function action(name: (typeof actions)[number], value: JsonObject, at: string): FieldError[] {
  if (name === 'exec') {
    const command = Array.isArray(value.command) ? value.command : []
    return command.length === 0 ? [required(`${at}.command`)] : []
  }
  if (name === 'sleep') return []
  const errors = portErrors(value.port, `${at}.port`)
  if (name !== 'httpGet') return errors
  if (value.scheme !== 'HTTP' && value.scheme !== 'HTTPS')
    errors.push(notSupported(`${at}.scheme`, value.scheme, ['HTTP', 'HTTPS']))
  return errors
}

/** `validateSleepAction`; it names the action, and tells the seconds. */
function sleepErrors(sleep: unknown, field: string, graceSeconds: unknown): FieldError[] {
  if (!isObject(sleep)) return []
  const { seconds = 0 } = sleep
  if (typeof seconds !== 'number' || (seconds >= 0 && seconds <= Number(graceSeconds))) return []
  return [
    invalidValue(
      field,
      seconds,
      `must be non-negative and less than terminationGracePeriodSeconds (${String(graceSeconds)})`,
    ),
  ]
}

function portErrors(port: unknown, field: string): FieldError[] {
  if (typeof port === 'string') return portNameFaults(port).map((detail) => invalidValue(field, port, detail))
  return isPort(port) ? [] : [invalidValue(field, port ?? 0, portRange)]
}
