/** Ingress, IngressClass and NetworkPolicy: kept as objects, nothing here acts on them (docs/compat.md). */
import { isIP } from 'node:net'
import { isObject, type JsonObject } from '../schema/node.ts'
import type { FieldError } from '../status-error.ts'
import {
  forbiddenField,
  immutable,
  invalidValue,
  notSupported,
  objectAt,
  objects,
  required,
  setDefault,
} from './field-errors.ts'
import type { KindRules } from './kind-rules.ts'
import { validateLabelSelector } from './pod-placement-validation.ts'
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
    if (object.spec === undefined) object.spec = {}
    const spec = specOf(object)
    setDefault(spec, 'podSelector', {})
    if (spec.policyTypes === undefined)
      spec.policyTypes = objects(spec.egress).length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
    for (const rule of [...objects(spec.ingress), ...objects(spec.egress)])
      for (const port of objects(rule.ports)) setDefault(port, 'protocol', 'TCP')
  },
  validate: (object) => {
    const spec = specOf(object)
    const types = ['Ingress', 'Egress']
    const given = Array.isArray(spec.policyTypes) ? spec.policyTypes : []
    if (given.length > 2) return [...validateRules(spec), invalidValue('spec.policyTypes', given, tooManyTypes)]
    return [
      ...validateRules(spec),
      ...given.flatMap((type, index) =>
        types.includes(type) ? [] : [notSupported(`spec.policyTypes[${index}]`, type, types)],
      ),
    ]
  },
}
const tooManyTypes = 'may not specify more than two policyTypes'

/** `ValidateNetworkPolicySpec`: the selectors, ports and peers. */
function validateRules(spec: JsonObject): FieldError[] {
  return [
    ...validateLabelSelector(spec.podSelector, 'spec.podSelector'),
    ...objects(spec.ingress).flatMap((rule, index) => validateRule(rule, `spec.ingress[${index}]`, 'from')),
    ...objects(spec.egress).flatMap((rule, index) => validateRule(rule, `spec.egress[${index}]`, 'to')),
  ]
}

function validateRule(rule: JsonObject, path: string, peers: 'from' | 'to'): FieldError[] {
  return [
    ...objects(rule.ports).flatMap((port, index) => validatePolicyPort(port, `${path}.ports[${index}]`)),
    ...objects(rule[peers]).flatMap((peer, index) => validatePeer(peer, `${path}.${peers}[${index}]`)),
  ]
}

const protocols = ['TCP', 'UDP', 'SCTP']

function validatePolicyPort({ protocol, port, endPort }: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!protocols.includes(String(protocol))) errors.push(notSupported(`${path}.protocol`, protocol ?? null, protocols))
  if (typeof port === 'number' && (port < 1 || port > 65_535))
    errors.push(invalidValue(`${path}.port`, port, 'must be between 1 and 65535, inclusive'))
  if (typeof port === 'number' && typeof endPort === 'number' && endPort < port)
    errors.push(invalidValue(`${path}.endPort`, endPort, 'must be greater than or equal to `port`'))
  if (typeof port === 'string' && endPort !== undefined)
    errors.push(invalidValue(`${path}.endPort`, endPort, 'may not be specified when `port` is non-numeric'))
  if (port === undefined && endPort !== undefined)
    errors.push(invalidValue(`${path}.endPort`, endPort, 'may not be specified when `port` is not specified'))
  return errors
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: JsonObject, path: string): FieldError[] {
  if (podSelector === undefined && namespaceSelector === undefined && ipBlock === undefined)
    return [required(path, 'must specify a peer')]
  if ((podSelector ?? namespaceSelector) !== undefined && ipBlock !== undefined)
    return [forbiddenField(path, 'may not specify both ipBlock and another peer')]
  return [
    ...validateLabelSelector(podSelector, `${path}.podSelector`),
    ...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`),
    ...(isObject(ipBlock) ? validateBlock(ipBlock, `${path}.ipBlock`) : []),
  ]
}

function validateBlock({ cidr, except }: JsonObject, path: string): FieldError[] {
  if (!cidr) return [required(`${path}.cidr`)]
  const named: [string, unknown][] = [
    [`${path}.cidr`, cidr],
    ...(Array.isArray(except) ? except : []).map((one, index): [string, unknown] => [`${path}.except[${index}]`, one]),
  ]
  return named.flatMap(([at, block]) =>
    isCidr(String(block))
      ? []
      : [invalidValue(at, block, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')],
  )
}

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/')
  const most = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : -1
  return more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most
}

export const networkingRules: Readonly<Record<string, KindRules>> = {
  Ingress: ingress,
  IngressClass: ingressClass,
  NetworkPolicy: networkPolicy,
}
