/** A container's own restart policy, and where its volumes are mounted (k8s.io/kubernetes/pkg/apis/core/validation). */
import { isObject, type JsonObject } from '../schema/node.ts'
import type { FieldError } from '../status-error.ts'
import { invalidValue, notSupported, objects, required } from './field-errors.ts'

/** `validateContainerRestartPolicy`. */
export function validateContainerRestart(container: JsonObject, path: string): FieldError[] {
  const { restartPolicy } = container
  const rules = objects(container.restartPolicyRules)
  const errors: FieldError[] = []
  if (restartPolicy !== undefined && !['Always', 'OnFailure', 'Never'].includes(String(restartPolicy)))
    errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, ['Always', 'Never', 'OnFailure']))
  if (restartPolicy === undefined && rules.length > 0)
    errors.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'))
  for (const [index, { action = '', exitCodes }] of rules.entries()) {
    const at = `${path}.restartPolicyRules[${index}]`
    const actions = ['Restart', 'RestartAllContainers']
    if (!actions.includes(String(action))) errors.push(notSupported(`${at}.action`, action, actions))
    const operators = ['In', 'NotIn']
    if (!isObject(exitCodes)) errors.push(required(`${at}.exitCodes`, 'must be specified'))
    else if (!operators.includes(String(exitCodes.operator)))
      errors.push(notSupported(`${at}.exitCodes.operator`, exitCodes.operator ?? '', operators))
  }
  return errors
}

/** `ValidateVolumeMounts`. The real server leaves the index out of what it says of paths, too. */
export function validateVolumeMounts(container: JsonObject, path: string, volumes: ReadonlySet<string>): FieldError[] {
  const taken = new Set<unknown>()
  return objects(container.volumeMounts).flatMap((mount, index) => {
    const at = `${path}.volumeMounts[${index}]`
    const { mountPath, subPath, subPathExpr } = mount
    const errors: FieldError[] = []
    if (!volumes.has(String(mount.name)))
      errors.push({ field: `${at}.name`, type: 'FieldValueNotFound', value: mount.name ?? '', detail: '' })
    if (!mountPath) errors.push(required(`${at}.mountPath`))
    if (taken.has(mountPath)) errors.push(invalidValue(`${at}.mountPath`, mountPath, 'must be unique'))
    taken.add(mountPath)
    errors.push(...insidePath(`${path}.volumeMounts.subPath`, subPath))
    if (subPath && subPathExpr)
      return [
        ...errors,
        invalidValue(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'),
      ]
    return [...errors, ...insidePath(`${path}.volumeMounts.subPathExpr`, subPathExpr)]
  })
}

/** `validateLocalDescendingPath`. */
function insidePath(field: string, value: unknown): FieldError[] {
  if (!value) return []
  const errors: FieldError[] = []
  if (String(value).startsWith('/')) errors.push(invalidValue(field, value, 'must be a relative path'))
  if (String(value).split('/').includes('..')) errors.push(invalidValue(field, value, "must not contain '..'"))
  return errors
}

const modes = 'must be a number between 0 and 0777 (octal), both inclusive'
const modeErrors = (field: string, value: unknown): FieldError[] =>
  typeof value === 'number' && (value < 0 || value > 0o777) ? [invalidValue(field, value, modes)] : []

/** Names, modes and paths of the volumes that are made of other objects' keys. */
export function validateKeyVolumes(volume: JsonObject, path: string): FieldError[] {
  const { configMap, secret, projected, downwardAPI } = volume
  const errors: FieldError[] = []
  if (isObject(configMap)) errors.push(...keySource(configMap, `${path}.configMap`, 'name'))
  if (isObject(secret)) errors.push(...keySource(secret, `${path}.secret`, 'secretName'))
  if (isObject(downwardAPI)) errors.push(...modeErrors(`${path}.downwardAPI.defaultMode`, downwardAPI.defaultMode))
  if (!isObject(projected)) return errors
  errors.push(...modeErrors(`${path}.projected.defaultMode`, projected.defaultMode))
  for (const [index, source] of objects(projected.sources).entries())
    for (const kind of ['configMap', 'secret'])
      if (isObject(source[kind]))
        errors.push(...keySource(source[kind], `${path}.projected.sources[${index}].${kind}`, 'name'))
  return errors
}

function keySource(source: JsonObject, path: string, nameField: string): FieldError[] {
  const errors = source[nameField] ? [] : [required(`${path}.${nameField}`)]
  errors.push(...modeErrors(`${path}.defaultMode`, source.defaultMode))
  for (const [index, item] of objects(source.items).entries()) {
    const at = `${path}.items[${index}]`
    if (!item.key) errors.push(required(`${at}.key`))
    if (!item.path) errors.push(required(`${at}.path`))
    errors.push(...insidePath(`${at}.path`, item.path), ...modeErrors(`${at}.mode`, item.mode))
  }
  return errors
}
