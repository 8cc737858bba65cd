/** Ingress, IngressClass and NetworkPolicy: kept as objects, nothing here acts on them (docs/compat.md). */
import { isObject } from '../schema/node.ts'
import type { FieldError } from '../status-error.ts'
import { immutable, invalidValue, notSupported, objectAt, objects, required, setDefault } from './field-errors.ts'
import type { KindRules } from './kind-rules.ts'
import { specOf } from './templates.ts'

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix']

function validateBackend(backend: unknown, path: string): FieldError[] {
  if (!isObject(backend)) return []
  const { service, resource } = backend
  if (isObject(service) && isObject(resource))
    return [invalidValue(path, '', 'cannot set both resource and service backends')]
  if (isObject(resource)) return []
  if (!isObject(service)) return [required(path, 'port name or number is required')]
  const errors = service.name ? [] : [required(`${path}.service.name`)]
  const port = objectAt(service.port)
  if (!port.name && !port.number) errors.push(required(`${path}.service.port`, 'port name or number is required'))
  return errors
}

const ingress: KindRules = {
  prepare: (object) => {
    object.status = { loadBalancer: {} }
  },
  validate: (object) => {
    const spec = specOf(object)
    const rules = objects(spec.rules)
    const errors = validateBackend(spec.defaultBackend, 'spec.defaultBackend')
    if (rules.length === 0 && spec.defaultBackend === undefined)
      errors.push(invalidValue('spec', null, 'either `defaultBackend` or `rules` must be specified'))
    for (const [index, rule] of rules.entries()) {
      if (!isObject(rule.http)) continue
      const paths = objects(rule.http.paths)
      const at = `spec.rules[${index}].http.paths`
      if (paths.length === 0) errors.push(required(at))
      for (const [number, path] of paths.entries()) {
        if (path.pathType === undefined)
          errors.push(required(`${at}[${number}].pathType`, 'pathType must be specified'))
        else if (!pathTypes.includes(String(path.pathType)))
          errors.push(notSupported(`${at}[${number}].pathType`, path.pathType, pathTypes))
        else if (path.pathType !== 'ImplementationSpecific' && !String(path.path ?? '').startsWith('/'))
          errors.push(invalidValue(`${at}[${number}].path`, path.path ?? '', 'must be an absolute path'))
        errors.push(...validateBackend(path.backend, `${at}[${number}].backend`))
      }
    }
    return errors
  },
}

const ingressClass: KindRules = {
  validateUpdate: (object, old) => immutable(specOf(object), specOf(old), ['controller'], 'spec.'),
}

const networkPolicy: KindRules = {
  defaults: (object) => {
    const spec = specOf(object)
    if (spec.policyTypes === undefined)
      spec.policyTypes = objects(spec.egress).length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
    for (const rule of [...objects(spec.ingress), ...objects(spec.egress)])
      for (const port of objects(rule.ports)) setDefault(port, 'protocol', 'TCP')
  },
  validate: (object) => {
    const types = ['Egress', 'Ingress']
    const given = specOf(object).policyTypes
    return (Array.isArray(given) ? given : []).flatMap((type, index) =>
      types.includes(type) ? [] : [notSupported(`spec.policyTypes[${index}]`, type, types)],
    )
  },
}

export const networkingRules: Readonly<Record<string, KindRules>> = {
  Ingress: ingress,
  IngressClass: ingressClass,
  NetworkPolicy: networkPolicy,
}
