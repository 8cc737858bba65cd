/** Defaults of pod specs: `SetDefaults_*` of k8s.io/kubernetes/pkg/apis/core/v1/defaults.go. Changes its argument. */
import { isObject, type JsonObject } from '../schema/node.ts'

const setDefault = (target: JsonObject, key: string, value: unknown) => {
  if (target[key] === undefined) target[key] = value
}
const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])

export function defaultPodSpec(spec: JsonObject): void {
  setDefault(spec, 'restartPolicy', 'Always')
  setDefault(spec, 'terminationGracePeriodSeconds', 30)
  setDefault(spec, 'dnsPolicy', 'ClusterFirst')
  setDefault(spec, 'securityContext', {})
  setDefault(spec, 'schedulerName', 'default-scheduler')
  if (spec.serviceAccountName === undefined && spec.serviceAccount !== undefined)
    spec.serviceAccountName = spec.serviceAccount
  if (spec.serviceAccountName !== undefined) spec.serviceAccount = spec.serviceAccountName
  for (const container of [...objects(spec.initContainers), ...objects(spec.containers)]) {
    defaultContainer(container)
    // On the host's network a declared port is the host's.
    if (spec.hostNetwork === true)
      for (const port of objects(container.ports)) port.hostPort = port.hostPort || port.containerPort
  }
  for (const volume of objects(spec.volumes)) defaultVolume(volume)
  if (spec.hostNetwork === true) hostPortsOf([...objects(spec.initContainers), ...objects(spec.containers)])
}

/** `defaultHostNetworkPorts`: what such a pod listens at is taken on the node. */
function hostPortsOf(containers: readonly JsonObject[]): void {
  for (const port of containers.flatMap((container) => objects(container.ports)))
    setDefault(port, 'hostPort', port.containerPort)
}

function defaultContainer(container: JsonObject): void {
  setDefault(container, 'resources', {})
  setDefault(container, 'terminationMessagePath', '/dev/termination-log')
  setDefault(container, 'terminationMessagePolicy', 'File')
  setDefault(container, 'imagePullPolicy', pullPolicy(String(container.image ?? '')))
  for (const port of objects(container.ports)) setDefault(port, 'protocol', 'TCP')
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe])
    if (isObject(probe)) defaultProbe(probe)
  for (const variable of objects(container.env)) {
    if (variable.value === '') delete variable.value
    const source = variable.valueFrom
    if (isObject(source) && isObject(source.fieldRef)) setDefault(source.fieldRef, 'apiVersion', 'v1')
  }
  if (isObject(container.lifecycle)) {
    for (const hook of [container.lifecycle.postStart, container.lifecycle.preStop])
      if (isObject(hook)) defaultHttpGet(hook)
  }
}

/** What is limited is requested as well: of pods only, not of templates (`SetDefaults_Pod`). */
export function defaultPodRequests(spec: JsonObject): void {
  for (const { resources } of [...objects(spec.initContainers), ...objects(spec.containers)])
    if (isObject(resources) && isObject(resources.limits))
      resources.requests = { ...resources.limits, ...(isObject(resources.requests) ? resources.requests : {}) }
}

function pullPolicy(image: string): string {
  const name = image.split('@')[0] ?? ''
  const tag = name.slice(name.lastIndexOf('/') + 1).split(':')[1]
  return !image.includes('@') && (tag === undefined || tag === 'latest') ? 'Always' : 'IfNotPresent'
}

function defaultProbe(probe: JsonObject): void {
  // Zero is what Go has for a number that was not given.
  const numbers = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 }
  for (const [name, value] of Object.entries(numbers)) probe[name] = probe[name] || value
  defaultHttpGet(probe)
  if (isObject(probe.grpc)) setDefault(probe.grpc, 'service', '')
}

function defaultHttpGet(handler: JsonObject): void {
  if (!isObject(handler.httpGet)) return
  setDefault(handler.httpGet, 'path', '/')
  setDefault(handler.httpGet, 'scheme', 'HTTP')
}

function defaultVolume(volume: JsonObject): void {
  const sources = Object.keys(volume).filter((key) => key !== 'name')
  if (sources.length === 0) volume.emptyDir = {}
  for (const kind of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    const source = volume[kind]
    if (isObject(source)) setDefault(source, 'defaultMode', 420)
  }
  if (isObject(volume.hostPath)) setDefault(volume.hostPath, 'type', '')
  if (isObject(volume.downwardAPI)) defaultFieldRefs(volume.downwardAPI)
  if (!isObject(volume.projected)) return
  for (const source of objects(volume.projected.sources)) {
    if (isObject(source.serviceAccountToken)) setDefault(source.serviceAccountToken, 'expirationSeconds', 3600)
    if (isObject(source.downwardAPI)) defaultFieldRefs(source.downwardAPI)
  }
}

function defaultFieldRefs(source: JsonObject): void {
  for (const item of objects(source.items)) if (isObject(item.fieldRef)) setDefault(item.fieldRef, 'apiVersion', 'v1')
}
