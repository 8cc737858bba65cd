/** The pod and the headless Service of one replica. */
import { trainingLabels } from '@keelson/contracts/kinds'
import type { KubeObject, OwnerReference } from '@keelson/contracts/kubernetes'
import { type EnvironmentOptions, type EnvVar, replicaEnvironment } from './environment.rules.ts'
import { decidingType, portsOf, type ReadJob, type Replica, replicaLabels, replicaName } from './replicas.rules.ts'

type Container = Record<string, unknown> & { name: string; env?: EnvVar[] }

/** Workers of a PyTorchJob wait in it until the master's name is known. Upstream's image. */
const waitingImage = 'alpine:3.10'

export function desiredPod(read: ReadJob, replica: Replica, index: number, options: EnvironmentOptions): KubeObject {
  const { type, template, restartPolicy } = replica
  const spec: Record<string, unknown> = { ...template.spec }
  const environment = replicaEnvironment(read, replica, index, options)
  const containers = (template.spec?.containers ?? []).map((container): Container => {
    const main = container.name === read.framework.container
    return {
      ...container,
      ...(main ? { ports: portsWithDefault(read, container) } : {}),
      ...(main || environment.everywhere ? { env: withEnv((container as Container).env, environment.env) } : {}),
    }
  })
  const priorityClass = read.job.spec.runPolicy?.schedulingPolicy?.priorityClass
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: read.namespace,
      name: replicaName(read.name, type, index),
      labels: { ...template.metadata?.labels, ...replicaLabels(read, type, index), ...role(read, type, index) },
      annotations: { ...template.metadata?.annotations },
      ownerReferences: [ownerOf(read)],
    },
    spec: {
      ...spec,
      ...(priorityClass ? { priorityClassName: priorityClass } : {}),
      containers,
      ...initContainers(read, replica, spec),
      // Only the engine knows whether an exit code means another try.
      restartPolicy: restartPolicy === 'ExitCode' ? 'Never' : restartPolicy,
    },
  }
}

export function desiredService(read: ReadJob, replica: Replica, index: number): KubeObject {
  const container = replica.template.spec?.containers.find(({ name }) => name === read.framework.container) ?? {}
  const ports = portsWithDefault(read, container).map(({ name, containerPort }) => ({
    name: name ?? `port-${containerPort}`,
    port: containerPort,
  }))
  const labels = replicaLabels(read, replica.type, index)
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      namespace: read.namespace,
      name: replicaName(read.name, replica.type, index),
      labels,
      ownerReferences: [ownerOf(read)],
    },
    spec: { clusterIP: 'None', selector: labels, ports },
  }
}

function portsWithDefault(read: ReadJob, container: Record<string, unknown>) {
  const ports = portsOf(container)
  const { portName, port } = read.framework
  return ports.some(({ name }) => name === portName) ? ports : [...ports, { name: portName, containerPort: port }]
}

/** The engine's values take the place of the user's: a replica that believes it is another one breaks all. */
function withEnv(own: readonly EnvVar[] = [], added: readonly EnvVar[]): EnvVar[] {
  const names = new Set(added.map(({ name }) => name))
  return [...own.filter(({ name }) => !names.has(name)), ...added]
}

function initContainers(read: ReadJob, { type }: Replica, spec: Record<string, unknown>) {
  const own = Array.isArray(spec.initContainers) ? (spec.initContainers as unknown[]) : []
  const waits = read.framework.kind === 'PyTorchJob' && type === 'Worker' && decidingType(read) === 'Master'
  if (!waits) return own.length > 0 ? { initContainers: own } : {}
  const master = replicaName(read.name, 'Master', 0)
  const known = `getent hosts ${master} >/dev/null 2>&1 || nslookup ${master} >/dev/null 2>&1`
  const script = `for i in $(seq 200); do if ${known}; then exit 0; fi; echo waiting for master; sleep 1; done; exit 1`
  const init = { name: 'init-pytorch', image: waitingImage, command: ['sh', '-c', script] }
  return { initContainers: [...own, init] }
}

function role(read: ReadJob, type: string, index: number): Record<string, string> {
  const deciding = decidingType(read)
  const master = type === deciding && (type !== 'Worker' || (read.framework.kind === 'TFJob' && index === 0))
  return master ? { [trainingLabels.jobRole]: 'master' } : {}
}

function ownerOf({ job, name }: ReadJob): OwnerReference {
  const { apiVersion, kind, metadata } = job
  return { apiVersion, kind, name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true }
}
