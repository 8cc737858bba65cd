/** A training job read: its replicas by type, with defaults filled in, or the sentence that says what is wrong with it. */
import {
  frameworkOf,
  ReplicaSpec,
  type TrainingFramework,
  type TrainingJob,
  trainingLabels,
} from '@keelson/contracts/kinds'
import { z } from 'zod'

export type Replica = {
  type: string
  replicas: number
  restartPolicy: 'Always' | 'OnFailure' | 'Never' | 'ExitCode'
  template: NonNullable<ReplicaSpec['template']>
  /** Port of the framework's container, from its named port or the framework's default. */
  port: number
}

export type ReadJob = {
  job: TrainingJob
  name: string
  namespace: string
  framework: TrainingFramework
  replicas: readonly Replica[]
}

/** Keys of types are taken in any case and put in upstream's (`worker` → `Worker`). */
export function readTrainingJob(job: TrainingJob): ReadJob | { fault: string } {
  const framework = frameworkOf(job.kind)
  if (!framework) return { fault: `${job.kind} is no training kind.` }
  if (framework.kind === 'MPIJob')
    return { fault: 'Keelson does not run MPIJobs yet. Use a PyTorchJob or JAXJob, whose replicas need no launcher.' }
  const parsed = z.record(z.string(), ReplicaSpec).safeParse(job.spec[framework.specKey])
  if (!parsed.success || Object.keys(parsed.data).length === 0)
    return { fault: `spec.${framework.specKey} names no replicas.` }
  const replicas: Replica[] = []
  for (const [key, spec] of Object.entries(parsed.data)) {
    const read = readReplica(framework, key, spec)
    if ('fault' in read) return read
    replicas.push(read)
  }
  const order = (replica: Replica) => framework.replicaTypes.indexOf(replica.type)
  replicas.sort((one, other) => order(one) - order(other))
  const fault = faultOfSet(framework, replicas)
  if (fault) return { fault }
  const { name = '', namespace = '' } = job.metadata
  return { job, name, namespace, framework, replicas }
}

function readReplica(framework: TrainingFramework, key: string, spec: ReplicaSpec): Replica | { fault: string } {
  const type = framework.replicaTypes.find((known) => known.toLowerCase() === key.toLowerCase())
  const path = `spec.${framework.specKey}.${key}`
  if (type === undefined)
    return { fault: `${path} is not a replica type of a ${framework.kind}: use ${framework.replicaTypes.join(', ')}.` }
  const container = spec.template?.spec?.containers.find(({ name }) => name === framework.container)
  if (!spec.template || !container) return { fault: `${path}.template needs a container named ${framework.container}.` }
  const port = portsOf(container).find(({ name }) => name === framework.portName)?.containerPort ?? framework.port
  return {
    type,
    replicas: spec.replicas ?? 1,
    restartPolicy: spec.restartPolicy ?? framework.restartPolicy,
    template: spec.template,
    port,
  }
}

/** What upstream's webhooks refuse. */
function faultOfSet(framework: TrainingFramework, replicas: readonly Replica[]): string | null {
  const types = replicas.map(({ type }) => type)
  const twice = types.find((type, index) => types.indexOf(type) !== index)
  if (twice) return `spec.${framework.specKey} names ${twice} twice.`
  if (types.includes('Chief') && types.includes('Master')) return 'A TFJob has a Chief or a Master, not both.'
  const many = replicas.find(({ type, replicas: count }) => ['Chief', 'Master'].includes(type) && count > 1)
  if (many) return `spec.${framework.specKey}.${many.type}.replicas must be 1.`
  if (framework.kind === 'XGBoostJob' && !types.includes('Master')) return 'An XGBoostJob needs a Master.'
  return null
}

const Port = z.looseObject({ name: z.string().optional(), containerPort: z.int() })

/** Named and numbered ports of a container; what is not a port is left to the server's validation. */
export function portsOf(container: Record<string, unknown>): { name?: string | undefined; containerPort: number }[] {
  return z.array(Port).safeParse(container.ports).data ?? []
}

/** `<job>-<type>-<index>`: the pod and its Service. */
export function replicaName(job: string, type: string, index: number): string {
  return `${job}-${type.toLowerCase()}-${index}`
}

export function totalReplicas(read: ReadJob): number {
  return read.replicas.reduce((sum, { replicas }) => sum + replicas, 0)
}

export function replicaOf(read: ReadJob, type: string): Replica | undefined {
  return read.replicas.find((replica) => replica.type === type)
}

/** Labels of all pods of a type; with an index, of one replica. */
export function replicaLabels(read: ReadJob, type: string, index?: number): Record<string, string> {
  return {
    [trainingLabels.operatorName]: read.framework.operatorName,
    [trainingLabels.jobName]: read.name,
    [trainingLabels.replicaType]: type.toLowerCase(),
    ...(index === undefined ? {} : { [trainingLabels.replicaIndex]: String(index) }),
  }
}

/** The type whose replicas say how the job is: Chief or Master where there is one, else the workers. */
export function decidingType(read: ReadJob): string {
  return read.replicas.find(({ type }) => type === 'Chief' || type === 'Master')?.type ?? 'Worker'
}
