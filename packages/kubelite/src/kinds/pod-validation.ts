import type { KubeObject } from '@keelson/contracts/kubernetes'
import { sameJson } from '../patch/json-patch.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { parseQuantity } from '../schema/parse-quantity.ts'
import type { FieldError } from '../status-error.ts'
import { validateContainerRestart, validateKeyVolumes, validateVolumeMounts } from './container-restart-validation.ts'
import {
  validateEnvironment,
  validateMessagePolicy,
  validatePorts,
  validateProbes,
  validatePullPolicy,
} from './container-validation.ts'
import { forbiddenField } from './field-errors.ts'
import { nameFault, validateLabels } from './names.ts'
import {
  validateContainerContext,
  validateDnsConfig,
  validateDnsPolicy,
  validateHostNames,
  validateHostPorts,
  validatePodContext,
} from './pod-context-validation.ts'
import { validatePlacement, validateTolerations } from './pod-placement-validation.ts'

const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
const required = (field: string, detail = ''): FieldError => ({ field, type: 'FieldValueRequired', detail })
const quantity = /^[+-]?(\d+\.?\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/

/** `ValidatePodSpec`: what people get wrong most. */
export function validatePodSpec(spec: JsonObject, path: string): FieldError[] {
  const containers = objects(spec.containers)
  const errors: FieldError[] = []
  const volumes = new Set<string>()
  for (const [index, volume] of objects(spec.volumes).entries()) {
    errors.push(...validateVolume(volume, `${path}.volumes[${index}]`, volumes))
  }
  if (containers.length === 0) errors.push(required(`${path}.containers`))
  const names = new Set<string>()
  for (const [list, found] of [
    ['containers', containers],
    ['initContainers', objects(spec.initContainers)],
  ] as const) {
    for (const [index, container] of found.entries())
      errors.push(
        ...validateContainer(container, `${path}.${list}[${index}]`, {
          names,
          volumes,
          isInit: list === 'initContainers',
          hostUsers: spec.hostUsers !== false,
          graceSeconds: spec.terminationGracePeriodSeconds,
        }),
      )
  }
  errors.push(...validateHostPorts(spec, path))
  if (!['Always', 'OnFailure', 'Never'].includes(String(spec.restartPolicy))) {
    errors.push({
      field: `${path}.restartPolicy`,
      type: 'FieldValueNotSupported',
      value: spec.restartPolicy,
      detail: 'supported values: "Always", "OnFailure", "Never"',
    })
  }
  errors.push(
    ...validateDnsPolicy(spec, path),
    ...validateLabels(spec.nodeSelector, `${path}.nodeSelector`),
    ...validatePodContext(spec, path),
    ...validatePlacement(spec, path),
    ...validateDnsConfig(spec, path),
  )
  const deadline = spec.activeDeadlineSeconds
  if (typeof deadline === 'number' && deadline < 1)
    errors.push({
      field: `${path}.activeDeadlineSeconds`,
      type: 'FieldValueInvalid',
      value: deadline,
      detail: 'must be between 1 and 2147483647, inclusive',
    })
  return [...errors, ...validateHostNames(spec, path), ...validateTolerations(spec, path)]
}

function validateVolume(volume: JsonObject, path: string, names: Set<string>): FieldError[] {
  const name = String(volume.name ?? '')
  const errors: FieldError[] = []
  if (name === '') errors.push(required(`${path}.name`))
  else
    for (const detail of nameFault(name, 'label'))
      errors.push({ field: `${path}.name`, type: 'FieldValueInvalid', value: name, detail })
  if (names.has(name)) errors.push({ field: `${path}.name`, type: 'FieldValueDuplicate', value: name, detail: '' })
  errors.push(...validateKeyVolumes(volume, path))
  // Mounts of a volume that is wrong itself are not found.
  if (errors.length === 0) names.add(name)
  const sources = Object.keys(volume).filter((key) => key !== 'name')
  if (sources.length > 1)
    errors.push({
      field: `${path}.${sources[1]}`,
      type: 'FieldValueForbidden',
      detail: 'may not specify more than 1 volume type',
    })
  return errors
}

/** What a container shares with the others of its pod. */
type Siblings = {
  names: Set<string>
  volumes: ReadonlySet<string>
  isInit: boolean
  hostUsers: boolean
  graceSeconds: unknown
}

function validateContainer(
  container: JsonObject,
  path: string,
  { names, volumes, isInit, hostUsers, graceSeconds }: Siblings,
): FieldError[] {
  const errors: FieldError[] = []
  const name = String(container.name ?? '')
  if (name === '') errors.push(required(`${path}.name`))
  else
    for (const detail of nameFault(name, 'label'))
      errors.push({ field: `${path}.name`, type: 'FieldValueInvalid', value: name, detail })
  if (name !== '' && names.has(name))
    errors.push({ field: `${path}.name`, type: 'FieldValueDuplicate', value: name, detail: '' })
  names.add(name)
  if (!container.image) errors.push(required(`${path}.image`))
  errors.push(
    ...validateMessagePolicy(container, path),
    ...validatePorts(container, path),
    ...validateEnvironment(container, path),
  )
  errors.push(
    ...validateVolumeMounts(container, path, volumes),
    ...validatePullPolicy(container, path),
    ...validateResources(container.resources, `${path}.resources`),
  )
  const ends = isInit && container.restartPolicy !== 'Always'
  return [
    ...errors,
    ...validateContainerContext(container, path, hostUsers),
    ...validateProbes(container, path, ends, graceSeconds),
    ...validateContainerRestart(container, path),
  ]
}

function validateResources(resources: unknown, path: string): FieldError[] {
  if (!isObject(resources)) return []
  const errors: FieldError[] = []
  for (const part of ['limits', 'requests'] as const) {
    for (const [name, value] of Object.entries(isObject(resources[part]) ? (resources[part] as JsonObject) : {})) {
      if (String(value).startsWith('-'))
        errors.push({
          field: `${path}.${part}[${name}]`,
          type: 'FieldValueInvalid',
          value: String(value),
          detail: 'must be greater than or equal to 0',
        })
    }
  }
  const limits = isObject(resources.limits) ? resources.limits : {}
  for (const [name, value] of Object.entries(isObject(resources.requests) ? resources.requests : {})) {
    if (limits[name] !== undefined && parseQuantity(String(value)) > parseQuantity(String(limits[name]))) {
      errors.push({
        field: `${path}.requests`,
        type: 'FieldValueInvalid',
        value: String(value),
        detail: `must be less than or equal to ${name} limit of ${String(limits[name])}`,
      })
    }
  }
  return errors
}

export const isQuantity = (value: unknown): boolean =>
  typeof value === 'number' || (typeof value === 'string' && quantity.test(value))

const changeable = new Set([
  'activeDeadlineSeconds',
  'tolerations',
  'terminationGracePeriodSeconds',
  'containers',
  'initContainers',
  'schedulingGates',
])

/** Only images, deadline, tolerations and gates of a pod may change. */
/** Tolerations are added only; how long one holds may change. */
function tolerationsKept(pod: KubeObject, old: KubeObject): boolean {
  const of = (object: KubeObject) =>
    objects(isObject(object.spec) ? object.spec.tolerations : []).map(({ tolerationSeconds: _, ...rest }) => rest)
  const now = of(pod)
  return of(old).every((one) => now.some((other) => sameJson(one, other)))
}

export function validatePodUpdate(pod: KubeObject, old: KubeObject): FieldError[] {
  const fixed = (object: KubeObject) => {
    const spec = isObject(object.spec) ? object.spec : {}
    const rest = Object.fromEntries(Object.entries(spec).filter(([key]) => !changeable.has(key)))
    const imageless = (list: unknown) => objects(list).map(({ image: _, ...others }) => others)
    return { ...rest, containers: imageless(spec.containers), initContainers: imageless(spec.initContainers) }
  }
  const [now, before] = [fixed(pod), fixed(old)]
  const counted = (['containers', 'initContainers'] as const).filter((name) => now[name].length !== before[name].length)
  if (counted.length > 0)
    return counted.map((name) => forbiddenField(`spec.${name}`, 'pod updates may not add or remove containers'))
  const errors = tolerationsKept(pod, old)
    ? []
    : [forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')]
  if (sameJson(now, before)) return errors
  return [
    ...errors,
    {
      field: 'spec',
      type: 'FieldValueForbidden',
      detail:
        'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    },
  ]
}
