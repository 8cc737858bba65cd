/** Deployment, ReplicaSet, StatefulSet, DaemonSet and ControllerRevision (k8s.io/kubernetes/pkg/apis/apps). */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { sameJson } from '../patch/json-patch.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { selectorMatches, toSelector } from '../selectors/labels.ts'
import type { FieldError } from '../status-error.ts'
import {
  forbiddenField,
  immutable,
  intOrPercent,
  invalidValue,
  nonNegative,
  notSupported,
  objectAt,
  objects,
  required,
  setDefault,
} from './field-errors.ts'
import type { KindRules } from './kind-rules.ts'
import { nameFault } from './names.ts'
import { defaultClaim, validateClaimSpec } from './storage.ts'
import { defaultTemplate, noDeadline, specOf, validateSelector, validateTemplate } from './templates.ts'

const counts = ['replicas', 'minReadySeconds', 'revisionHistoryLimit'] as const
const validateCounts = (spec: JsonObject): FieldError[] =>
  counts.flatMap((name) => nonNegative(`spec.${name}`, spec[name]))
const isNone = (value: unknown) => value === 0 || value === '0%'

function validateStrategy(spec: JsonObject): FieldError[] {
  const strategy = objectAt(spec.strategy)
  if (strategy.type === 'Recreate') {
    return strategy.rollingUpdate === undefined
      ? []
      : [forbiddenField('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")]
  }
  if (strategy.type !== 'RollingUpdate')
    return [notSupported('spec.strategy.type', strategy.type, ['Recreate', 'RollingUpdate'])]
  const { maxUnavailable, maxSurge } = objectAt(strategy.rollingUpdate)
  const path = 'spec.strategy.rollingUpdate'
  const errors = intOrPercent(`${path}.maxUnavailable`, maxUnavailable)
  if (!String(maxSurge).endsWith('%') || errors.length > 0) errors.push(...intOrPercent(`${path}.maxSurge`, maxSurge))
  if (isNone(maxUnavailable) && isNone(maxSurge))
    errors.push(invalidValue(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'))
  return errors
}

const deployment: KindRules = {
  defaults: (object) => {
    const spec = specOf(object)
    defaultTemplate(spec)
    setDefault(spec, 'replicas', 1)
    setDefault(spec, 'strategy', {})
    const strategy = objectAt(spec.strategy)
    setDefault(strategy, 'type', 'RollingUpdate')
    if (strategy.type === 'RollingUpdate') {
      setDefault(strategy, 'rollingUpdate', {})
      setDefault(objectAt(strategy.rollingUpdate), 'maxUnavailable', '25%')
      setDefault(objectAt(strategy.rollingUpdate), 'maxSurge', '25%')
    }
    setDefault(spec, 'revisionHistoryLimit', 10)
    setDefault(spec, 'progressDeadlineSeconds', 600)
  },
  prepare: (object) => {
    object.status = {}
  },
  validate: (object) => {
    const spec = specOf(object)
    const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec
    const errors = [
      ...validateCounts(spec),
      ...validateSelector(spec, 'deployment'),
      ...validateTemplate(spec, ['Always']),
      ...validateStrategy(spec),
      ...nonNegative('spec.progressDeadlineSeconds', deadline),
    ]
    if (typeof deadline === 'number' && deadline <= Number(minReadySeconds))
      errors.push(invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'))
    return errors
  },
  validateUpdate: (object, old) => immutable(specOf(object), specOf(old), ['selector'], 'spec.'),
}

const replicaSet: KindRules = {
  defaults: (object) => {
    const spec = specOf(object)
    defaultTemplate(spec)
    setDefault(spec, 'replicas', 1)
  },
  prepare: (object) => {
    object.status = { replicas: 0 }
  },
  validate: (object) => {
    const spec = specOf(object)
    return [...validateCounts(spec), ...validateSelector(spec, 'deployment'), ...validateTemplate(spec, ['Always'])]
  },
  validateUpdate: (object, old) => immutable(specOf(object), specOf(old), ['selector'], 'spec.'),
}

/** The elder of ReplicaSet: its selector is a plain map, which a template's labels stand in for. */
const replicationController: KindRules = {
  defaults: (object) => {
    const spec = specOf(object)
    defaultTemplate(spec)
    setDefault(spec, 'replicas', 1)
    const { labels } = objectAt(objectAt(spec.template).metadata)
    if (!isObject(labels)) return
    if (Object.keys(objectAt(spec.selector)).length === 0) spec.selector = { ...labels }
    if (Object.keys(object.metadata.labels ?? {}).length === 0)
      object.metadata.labels = { ...labels } as Record<string, string>
  },
  prepare: (object) => {
    object.status = { replicas: 0 }
  },
  validate: (object) => {
    const spec = specOf(object)
    const errors = nonNegative('spec.minReadySeconds', spec.minReadySeconds)
    const selector = objectAt(spec.selector) as Record<string, string>
    if (Object.keys(selector).length === 0) errors.push(required('spec.selector'))
    errors.push(...nonNegative('spec.replicas', spec.replicas))
    if (!isObject(spec.template)) return [...errors, required('spec.template')]
    const { labels } = objectAt(spec.template.metadata) as { labels?: Record<string, string> }
    if (!selectorMatches(toSelector({ matchLabels: selector }), labels))
      errors.push(
        invalidValue('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'),
      )
    return [...errors, ...validateTemplate(spec, ['Always']), ...noDeadline(spec, 'ReplicationController')]
  },
}

const podTemplate: KindRules = {
  defaults: (object) => defaultTemplate(object),
  validate: (object) => validateTemplate(object, undefined, 'template'),
}

function defaultStatefulSet(object: KubeObject): void {
  const spec = specOf(object)
  defaultTemplate(spec)
  setDefault(spec, 'podManagementPolicy', 'OrderedReady')
  setDefault(spec, 'updateStrategy', {})
  const strategy = objectAt(spec.updateStrategy)
  setDefault(strategy, 'type', 'RollingUpdate')
  if (strategy.type === 'RollingUpdate') {
    setDefault(strategy, 'rollingUpdate', {})
    setDefault(objectAt(strategy.rollingUpdate), 'partition', 0)
  }
  setDefault(spec, 'persistentVolumeClaimRetentionPolicy', {})
  const retention = objectAt(spec.persistentVolumeClaimRetentionPolicy)
  setDefault(retention, 'whenDeleted', 'Retain')
  setDefault(retention, 'whenScaled', 'Retain')
  setDefault(spec, 'replicas', 1)
  setDefault(spec, 'revisionHistoryLimit', 10)
  for (const template of objects(spec.volumeClaimTemplates)) {
    setDefault(template, 'kind', 'PersistentVolumeClaim')
    setDefault(template, 'apiVersion', 'v1')
    defaultClaim(template)
  }
}

/** The template with the volumes that the controller adds for the claim templates. */
function withClaims(spec: JsonObject): JsonObject {
  const names = objects(spec.volumeClaimTemplates).map((claim) => objectAt(claim.metadata).name)
  const template = objectAt(spec.template)
  const podSpec = objectAt(template.spec)
  const added = names.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }))
  const own = objects(podSpec.volumes).filter((volume) => !names.includes(volume.name))
  return { ...spec, template: { ...template, spec: { ...podSpec, volumes: [...added, ...own] } } }
}

function validateUpdateStrategy(spec: JsonObject): FieldError[] {
  const strategy = objectAt(spec.updateStrategy)
  const rolling = objectAt(strategy.rollingUpdate)
  const path = 'spec.updateStrategy'
  if (strategy.type === 'OnDelete') {
    return strategy.rollingUpdate === undefined
      ? []
      : [invalidValue(`${path}.rollingUpdate`, rolling, "only allowed for updateStrategy 'RollingUpdate'")]
  }
  if (strategy.type !== 'RollingUpdate') return [invalidValue(path, strategy, "must be 'RollingUpdate' or 'OnDelete'")]
  return [
    ...nonNegative(`${path}.rollingUpdate.partition`, rolling.partition),
    ...intOrPercent(`${path}.rollingUpdate.maxUnavailable`, rolling.maxUnavailable),
  ]
}

function validateStatefulSet(object: KubeObject): FieldError[] {
  const spec = specOf(object)
  const errors: FieldError[] = []
  if (!['OrderedReady', 'Parallel'].includes(String(spec.podManagementPolicy)))
    errors.push(
      invalidValue('spec.podManagementPolicy', spec.podManagementPolicy, "must be 'OrderedReady' or 'Parallel'"),
    )
  errors.push(...validateUpdateStrategy(spec))
  for (const name of ['whenDeleted', 'whenScaled']) {
    const value = objectAt(spec.persistentVolumeClaimRetentionPolicy)[name]
    if (value !== 'Retain' && value !== 'Delete')
      errors.push(notSupported(`spec.persistentVolumeClaimRetentionPolicy.${name}`, value, ['Delete', 'Retain']))
  }
  for (const [index, claim] of objects(spec.volumeClaimTemplates).entries())
    errors.push(...validateClaimSpec(objectAt(claim.spec), `spec.volumeClaimTemplates[${index}].spec`))
  errors.push(
    ...validateCounts(spec),
    ...nonNegative('spec.ordinals.start', objectAt(spec.ordinals).start),
    ...(typeof spec.serviceName === 'string' && spec.serviceName !== ''
      ? nameFault(spec.serviceName, 'label').map((detail) => invalidValue('spec.serviceName', spec.serviceName, detail))
      : []),
    ...validateSelector(spec, 'statefulset'),
    ...validateTemplate(withClaims(spec), ['Always']),
    ...noDeadline(spec, 'StatefulSet'),
  )
  return errors
}

const statefulSetChangeable = new Set([
  'replicas',
  'template',
  'updateStrategy',
  'minReadySeconds',
  'ordinals',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
])

const statefulSet: KindRules = {
  defaults: defaultStatefulSet,
  prepare: (object) => {
    object.status = { replicas: 0, availableReplicas: 0 }
  },
  validate: validateStatefulSet,
  validateUpdate: (object, old) => {
    const fixed = (each: KubeObject) =>
      Object.fromEntries(Object.entries(specOf(each)).filter(([key]) => !statefulSetChangeable.has(key)))
    return sameJson(fixed(object), fixed(old))
      ? []
      : [
          forbiddenField(
            'spec',
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
          ),
        ]
  },
}

export const templateGenerationKey = 'deprecated.daemonset.template.generation'

function validateDaemonSetStrategy(spec: JsonObject): FieldError[] {
  const strategy = objectAt(spec.updateStrategy)
  const path = 'spec.updateStrategy'
  if (strategy.type === 'OnDelete') return []
  if (strategy.type !== 'RollingUpdate')
    return [notSupported(`${path}.type`, strategy.type, ['RollingUpdate', 'OnDelete'])]
  const { maxUnavailable, maxSurge } = objectAt(strategy.rollingUpdate)
  const errors = [
    ...intOrPercent(`${path}.rollingUpdate.maxUnavailable`, maxUnavailable),
    ...intOrPercent(`${path}.rollingUpdate.maxSurge`, maxSurge),
  ]
  if (!isNone(maxUnavailable) && !isNone(maxSurge))
    errors.push(
      invalidValue(`${path}.rollingUpdate.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'),
    )
  if (isNone(maxUnavailable) && isNone(maxSurge))
    errors.push(required(`${path}.rollingUpdate.maxUnavailable`, 'cannot be 0 when maxSurge is 0'))
  return errors
}

const daemonSet: KindRules = {
  defaults: (object) => {
    const spec = specOf(object)
    defaultTemplate(spec)
    setDefault(spec, 'updateStrategy', {})
    const strategy = objectAt(spec.updateStrategy)
    setDefault(strategy, 'type', 'RollingUpdate')
    if (strategy.type === 'RollingUpdate') {
      setDefault(strategy, 'rollingUpdate', {})
      setDefault(objectAt(strategy.rollingUpdate), 'maxUnavailable', 1)
      setDefault(objectAt(strategy.rollingUpdate), 'maxSurge', 0)
    }
    setDefault(spec, 'revisionHistoryLimit', 10)
  },
  prepare: (object) => {
    object.metadata.annotations = { ...object.metadata.annotations, [templateGenerationKey]: '1' }
    object.status = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 }
  },
  prepareUpdate: (object, old) => {
    const before = Number(old.metadata.annotations?.[templateGenerationKey] ?? 0)
    const changed = !sameJson(specOf(object).template, specOf(old).template)
    object.metadata.annotations = {
      ...object.metadata.annotations,
      [templateGenerationKey]: String(changed ? before + 1 : before),
    }
  },
  validate: (object) => {
    const spec = specOf(object)
    return [
      ...validateSelector(spec, 'daemonset'),
      ...validateTemplate(spec, ['Always']),
      ...noDeadline(spec, 'DaemonSet'),
      ...validateCounts(spec),
      ...validateDaemonSetStrategy(spec),
    ]
  },
  validateUpdate: (object, old) => immutable(specOf(object), specOf(old), ['selector'], 'spec.'),
}

const controllerRevision: KindRules = {
  validate: (object) => [
    ...nonNegative('revision', object.revision),
    ...(object.data === undefined || object.data === null ? [required('data', 'data is mandatory')] : []),
  ],
  validateUpdate: (object, old) => immutable(object, old, ['data'], ''),
}

export const workloadRules: Readonly<Record<string, KindRules>> = {
  Deployment: deployment,
  ReplicaSet: replicaSet,
  ReplicationController: replicationController,
  PodTemplate: podTemplate,
  StatefulSet: statefulSet,
  DaemonSet: daemonSet,
  ControllerRevision: controllerRevision,
}
