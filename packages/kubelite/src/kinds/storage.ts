/** PersistentVolumeClaim, PersistentVolume and StorageClass (k8s.io/kubernetes/pkg/apis/core and …/storage). */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { sameJson } from '../patch/json-patch.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { parseQuantity } from '../schema/parse-quantity.ts'
import type { FieldError } from '../status-error.ts'
import {
  forbiddenField,
  immutable,
  invalidValue,
  notSupported,
  objectAt,
  required,
  setDefault,
} from './field-errors.ts'
import type { KindRules } from './kind-rules.ts'
import { keyFaults, nameFault } from './names.ts'

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
const volumeModes = ['Block', 'Filesystem']
/** The provisioner whose volumes are directories of this node. */
export const directoryProvisioner = 'kubelite.keelson.dev/directory'
export const claimProtection = 'kubernetes.io/pvc-protection'
export const volumeProtection = 'kubernetes.io/pv-protection'

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
const specOf = (object: KubeObject): JsonObject => objectAt(object.spec)
const storageOf = (spec: JsonObject) => objectAt(objectAt(spec.resources).requests).storage

function addFinalizer(object: KubeObject, name: string): void {
  object.metadata.finalizers = [...new Set([...(object.metadata.finalizers ?? []), name])]
}

function validateModes(spec: JsonObject, path: string, whenNone: string): FieldError[] {
  const modes = strings(spec.accessModes)
  const errors = modes.length === 0 ? [required(`${path}.accessModes`, whenNone)] : []
  for (const mode of modes)
    if (!accessModes.includes(mode)) errors.push(notSupported(`${path}.accessModes`, mode, accessModes))
  if (modes.includes('ReadWriteOncePod') && modes.some((mode) => mode !== 'ReadWriteOncePod'))
    errors.push(forbiddenField(`${path}.accessModes`, 'may not use ReadWriteOncePod with other access modes'))
  return errors
}

function validateNames(spec: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (typeof spec.storageClassName === 'string' && spec.storageClassName !== '')
    for (const detail of nameFault(spec.storageClassName, 'subdomain'))
      errors.push(invalidValue(`${path}.storageClassName`, spec.storageClassName, detail))
  if (spec.volumeMode !== undefined && !volumeModes.includes(String(spec.volumeMode)))
    errors.push(notSupported(`${path}.volumeMode`, spec.volumeMode, volumeModes))
  return errors
}

function validatePositive(field: string, value: unknown): FieldError[] {
  return parseQuantity(value as string | number) > 0
    ? []
    : [invalidValue(field, String(value), 'must be greater than zero')]
}

/** `ValidatePersistentVolumeClaimSpec`, also for the templates of StatefulSets. */
export function validateClaimSpec(spec: JsonObject, path: string): FieldError[] {
  const size = storageOf(spec)
  return [
    ...validateModes(spec, path, 'at least 1 access mode is required'),
    ...(size === undefined
      ? [required(`${path}.resources[storage]`)]
      : validatePositive(`${path}.resources[storage]`, size)),
    ...validateNames(spec, path),
  ]
}

export function defaultClaim(object: JsonObject): void {
  setDefault(object, 'spec', {})
  setDefault(objectAt(object.spec), 'volumeMode', 'Filesystem')
  setDefault(object, 'status', {})
  setDefault(objectAt(object.status), 'phase', 'Pending')
}

/** Only the volume's name (once), the size of a bound claim and its attributes class may change. */
function claimUpdate(claim: KubeObject, old: KubeObject): FieldError[] {
  const before = specOf(old)
  const after = specOf(claim)
  const bound = objectAt(claim.status).phase === 'Bound'
  const fixed = (spec: JsonObject) => {
    const { volumeName, resources, volumeAttributesClassName, ...rest } = spec
    return {
      ...rest,
      ...(before.volumeName ? { volumeName } : {}),
      ...(bound ? {} : { resources, volumeAttributesClassName }),
    }
  }
  const errors: FieldError[] = []
  if (!sameJson(fixed(after), fixed(before))) {
    errors.push(
      forbiddenField(
        'spec',
        'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      ),
    )
  }
  const size = parseQuantity(storageOf(after) as string)
  const capacity = parseQuantity(objectAt(objectAt(old.status).capacity).storage as string | undefined)
  if (size < parseQuantity(storageOf(before) as string) && size <= capacity)
    errors.push(forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'))
  return errors
}

const claim: KindRules = {
  defaults: defaultClaim,
  prepare: (object) => {
    object.status = { phase: 'Pending' }
    addFinalizer(object, claimProtection)
  },
  validate: (object) => validateClaimSpec(specOf(object), 'spec'),
  validateUpdate: claimUpdate,
}

/** Fields of a volume's spec that are not its source. */
const notSources = new Set([
  'capacity',
  'accessModes',
  'claimRef',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'mountOptions',
  'volumeMode',
  'nodeAffinity',
  'volumeAttributesClassName',
])
const sourcesOf = (spec: JsonObject) => Object.fromEntries(Object.entries(spec).filter(([key]) => !notSources.has(key)))

function validateVolume(object: KubeObject): FieldError[] {
  const spec = specOf(object)
  const errors = validateModes(spec, 'spec', '')
  const capacity = objectAt(spec.capacity)
  if (Object.keys(capacity).length === 0) errors.push(required('spec.capacity'))
  if (capacity.storage === undefined || Object.keys(capacity).length > 1)
    errors.push(notSupported('spec.capacity', capacity, ['storage']))
  for (const [name, value] of Object.entries(capacity))
    errors.push(...validatePositive(`spec.capacity[${name}]`, value))
  const policies = ['Delete', 'Recycle', 'Retain']
  if (!policies.includes(String(spec.persistentVolumeReclaimPolicy)))
    errors.push(notSupported('spec.persistentVolumeReclaimPolicy', spec.persistentVolumeReclaimPolicy, policies))
  const sources = Object.keys(sourcesOf(spec))
  if (sources.length === 0) errors.push(required('spec', 'must specify a volume type'))
  for (const extra of sources.slice(1))
    errors.push(forbiddenField(`spec.${extra}`, 'may not specify more than 1 volume type'))
  if (isObject(spec.hostPath) && !spec.hostPath.path) errors.push(required('spec.hostPath.path'))
  if (isObject(spec.local) && spec.nodeAffinity === undefined)
    errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'))
  return [...errors, ...validateNames(spec, 'spec')]
}

const volume: KindRules = {
  defaults: (object) => {
    if (!isObject(object.spec)) object.spec = {}
    const spec = object.spec as JsonObject
    setDefault(spec, 'persistentVolumeReclaimPolicy', 'Retain')
    setDefault(spec, 'volumeMode', 'Filesystem')
    if (isObject(spec.hostPath)) setDefault(spec.hostPath, 'type', '')
    if (!isObject(object.status)) object.status = {}
    setDefault(object.status as JsonObject, 'phase', 'Pending')
  },
  prepare: (object, now) => {
    object.status = { phase: 'Pending', lastPhaseTransitionTime: now }
    addFinalizer(object, volumeProtection)
  },
  validate: validateVolume,
  validateUpdate: (object, old) => [
    ...(sameJson(sourcesOf(specOf(object)), sourcesOf(specOf(old)))
      ? []
      : [forbiddenField('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')]),
    ...immutable(specOf(object), specOf(old), ['volumeMode'], ''),
  ],
}

const storageClass: KindRules = {
  defaults: (object) => {
    setDefault(object, 'reclaimPolicy', 'Delete')
    setDefault(object, 'volumeBindingMode', 'Immediate')
  },
  validate: (object) => {
    const { provisioner, reclaimPolicy, volumeBindingMode } = object
    const errors: FieldError[] = []
    if (!provisioner) errors.push(required('provisioner'))
    else
      for (const detail of keyFaults(String(provisioner).toLowerCase()))
        errors.push(invalidValue('provisioner', String(provisioner).toLowerCase(), detail))
    if (!['Delete', 'Retain'].includes(String(reclaimPolicy)))
      errors.push(notSupported('reclaimPolicy', reclaimPolicy, ['Delete', 'Retain']))
    const modes = ['Immediate', 'WaitForFirstConsumer']
    if (!modes.includes(String(volumeBindingMode)))
      errors.push(notSupported('volumeBindingMode', volumeBindingMode, modes))
    return errors
  },
  validateUpdate: (object, old) =>
    immutable(object, old, ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'], ''),
}

export const storageRules: Readonly<Record<string, KindRules>> = {
  PersistentVolumeClaim: claim,
  PersistentVolume: volume,
  StorageClass: storageClass,
}
