/** Services: `SetDefaults_Service` and `ValidateService` of k8s.io/kubernetes. */
import { isIP } from 'node:net'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { sameJson } from '../patch/json-patch.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import type { FieldError } from '../status-error.ts'
import { forbiddenField, invalidValue, notSupported, objects, required, setDefault } from './field-errors.ts'
import type { KindRules } from './kind-rules.ts'
import { nameFault, validateLabels } from './names.ts'
import { specOf } from './templates.ts'

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const affinities = ['ClientIP', 'None']
const protocols = ['SCTP', 'TCP', 'UDP']

function defaults(object: KubeObject): void {
  if (!isObject(object.spec)) object.spec = {}
  const spec = specOf(object)
  setDefault(spec, 'type', 'ClusterIP')
  setDefault(spec, 'sessionAffinity', 'None')
  for (const port of objects(spec.ports)) {
    setDefault(port, 'protocol', 'TCP')
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port
  }
  if (spec.type !== 'ExternalName') setDefault(spec, 'internalTrafficPolicy', 'Cluster')
  if (spec.sessionAffinity === 'ClientIP')
    setDefault(spec, 'sessionAffinityConfig', { clientIP: { timeoutSeconds: 10_800 } })
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') setDefault(spec, 'externalTrafficPolicy', 'Cluster')
  if (spec.type === 'LoadBalancer') setDefault(spec, 'allocateLoadBalancerNodePorts', true)
}

/** `normalizeClusterIPs`: the list follows the single address. */
function prepare(object: KubeObject): void {
  object.status = { loadBalancer: {} }
  const spec = specOf(object)
  if (spec.clusterIP && spec.clusterIPs === undefined) spec.clusterIPs = [spec.clusterIP]
}

function validate(object: KubeObject): FieldError[] {
  const spec = specOf(object)
  const ports = objects(spec.ports)
  const errors: FieldError[] = []
  const isExternal = spec.type === 'ExternalName'
  if (ports.length === 0 && spec.clusterIP !== 'None' && !isExternal) errors.push(required('spec.ports'))
  if (isExternal) errors.push(...validateExternalName(spec))
  for (const [index, port] of ports.entries()) {
    errors.push(...validatePort(port, ports, index, `spec.ports[${index}]`, spec.clusterIP === 'None'))
    if (spec.type === 'ClusterIP' && port.nodePort)
      errors.push(forbiddenField(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'"))
  }
  errors.push(...validateLabels(spec.selector, 'spec.selector'))
  if (!affinities.includes(String(spec.sessionAffinity)))
    errors.push(notSupported('spec.sessionAffinity', spec.sessionAffinity, affinities))
  errors.push(...(isExternal ? [] : addressFaults(spec.clusterIPs)))
  if (!types.includes(String(spec.type))) errors.push(notSupported('spec.type', spec.type, types))
  return errors
}

function validateExternalName({ clusterIP, clusterIPs, externalName }: JsonObject): FieldError[] {
  const errors: FieldError[] = []
  if (clusterIP || (Array.isArray(clusterIPs) && clusterIPs.length > 0))
    errors.push(forbiddenField('spec.clusterIPs', 'may not be set for ExternalName services'))
  const name = String(externalName ?? '').replace(/\.$/, '')
  if (name === '') errors.push(required('spec.externalName'))
  else
    errors.push(
      ...nameFault(name, 'subdomain').map((detail) => invalidValue('spec.externalName', externalName, detail)),
    )
  return errors
}

function validatePort(
  port: JsonObject,
  ports: readonly JsonObject[],
  index: number,
  path: string,
  isHeadless: boolean,
): FieldError[] {
  const errors: FieldError[] = []
  if (!port.name && ports.length > 1) errors.push(required(`${path}.name`))
  else if (port.name) {
    for (const detail of nameFault(String(port.name), 'label'))
      errors.push(invalidValue(`${path}.name`, port.name, detail))
    if (ports.slice(0, index).some((other) => other.name === port.name))
      errors.push({ field: `${path}.name`, type: 'FieldValueDuplicate', value: port.name, detail: '' })
  }
  const outOfRange = (value: unknown) => typeof value !== 'number' || value < 1 || value > 65_535
  const range = 'must be between 1 and 65535, inclusive'
  if (outOfRange(port.port)) errors.push(invalidValue(`${path}.port`, port.port ?? 0, range))
  if (!protocols.includes(String(port.protocol)))
    errors.push(notSupported(`${path}.protocol`, port.protocol, protocols))
  // A headless service passes nothing on: what it says of targets is not looked at.
  if (!isHeadless && typeof port.targetPort === 'number' && outOfRange(port.targetPort))
    errors.push(invalidValue(`${path}.targetPort`, port.targetPort, range))
  return errors
}

/** Asked before anything is allocated, and alone (`ValidateServiceClusterIPsRelatedFields`). */
export function addressFaults(clusterIPs: unknown): FieldError[] {
  const addresses = Array.isArray(clusterIPs) ? clusterIPs : []
  if (addresses.length === 1 && addresses[0] === 'None') return []
  return addresses.flatMap((address, index) =>
    isIP(String(address)) > 0
      ? []
      : [
          invalidValue(
            `spec.clusterIPs[${index}]`,
            address,
            'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
          ),
        ],
  )
}

/** What was allocated stays where an update does not say otherwise. */
function prepareUpdate(object: KubeObject, old: KubeObject): void {
  const [spec, before] = [specOf(object), specOf(old)]
  if (spec.type === 'ExternalName' || before.type === 'ExternalName') return
  for (const name of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'])
    if (spec[name] === undefined && before[name] !== undefined) spec[name] = before[name]
  if (spec.clusterIP !== before.clusterIP && sameJson(spec.clusterIPs, before.clusterIPs))
    spec.clusterIPs = [spec.clusterIP]
}

function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const [spec, before] = [specOf(object), specOf(old)]
  if (spec.type === 'ExternalName' || before.type === 'ExternalName' || spec.clusterIP === before.clusterIP) return []
  if (addressFaults(spec.clusterIPs).length > 0) return []
  const shown = Array.isArray(spec.clusterIPs) ? spec.clusterIPs : [spec.clusterIP]
  return [{ field: 'spec.clusterIPs[0]', type: 'FieldValueInvalid', value: shown, detail: 'may not change once set' }]
}

export const serviceRules: Readonly<Record<string, KindRules>> = {
  Service: { defaults, prepare, prepareUpdate, validate, validateUpdate },
}
