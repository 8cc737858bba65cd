/** What each replica is told about the others, as the Training Operator 1.9.4 tells it. */
import { type ReadJob, type Replica, replicaName, replicaOf, totalReplicas } from './replicas.rules.ts'

export type EnvVar = { name: string; value?: string; valueFrom?: unknown }

/** Where a replica's variables go: TF_CONFIG is for the framework's container, the rest for all. */
export type ReplicaEnvironment = { everywhere: boolean; env: EnvVar[] }

/** `clusterDomain` follows `svc` in TF_CONFIG's addresses (upstream's CUSTOM_CLUSTER_DOMAIN). */
export type EnvironmentOptions = { clusterDomain?: string | undefined }

type Build = (read: ReadJob, replica: Replica, index: number, options: EnvironmentOptions) => ReplicaEnvironment

export const replicaEnvironment: Build = (read, replica, index, options) =>
  builders[read.framework.kind](read, replica, index, options)

const unbuffered = ['PYTHONUNBUFFERED', 1] as const

function everywhere(...pairs: (readonly [string, string | number] | null)[]): ReplicaEnvironment {
  const env = pairs.filter((pair) => pair !== null).map(([name, value]) => ({ name, value: String(value) }))
  return { everywhere: true, env }
}

const tensorflow: Build = (read, replica, index, options) => {
  if (totalReplicas(read) <= 1) return { everywhere: false, env: [] }
  const type = replica.type.toLowerCase()
  const cluster = tfCluster(read, options)
  const task = { type, index }
  const config = read.job.spec.enableDynamicWorker
    ? { cluster: sparse(cluster, type, index), task }
    : { cluster, task, environment: 'cloud' }
  return { everywhere: false, env: [{ name: 'TF_CONFIG', value: JSON.stringify(config) }] }
}

/** Addresses by type, sorted as Go's JSON does; evaluators stand outside of the cluster. */
function tfCluster(read: ReadJob, { clusterDomain }: EnvironmentOptions): Record<string, string[]> {
  const zone = `${read.namespace}.svc${clusterDomain ? `.${clusterDomain}` : ''}`
  const entries = read.replicas
    .filter(({ type }) => type !== 'Evaluator')
    .map(({ type, replicas, port }): [string, string[]] => [
      type.toLowerCase(),
      Array.from({ length: replicas }, (_, index) => `${replicaName(read.name, type, index)}.${zone}:${port}`),
    ])
  return Object.fromEntries(entries.sort(([one], [other]) => one.localeCompare(other)))
}

/** With a dynamic number of workers each one knows itself and the parameter servers alone. */
function sparse(cluster: Record<string, string[]>, type: string, index: number) {
  const own = cluster[type]?.[index]
  if (type === 'ps') return { worker: {}, ps: own === undefined ? [] : [own] }
  return { worker: type === 'worker' && own !== undefined ? { [index]: own } : {}, ps: cluster.ps ?? [] }
}

const pytorch: Build = (read, replica, index) => {
  const { nprocPerNode = 'auto', elasticPolicy } = read.job.spec
  const master = replicaOf(read, 'Master')
  const nodes = totalReplicas(read)
  const processes = /^\d+$/.test(nprocPerNode) ? Number(nprocPerNode) : 1
  const rank = replica.type === 'Worker' && master ? index + 1 : index
  const address = replicaName(read.name, 'Master', 0)
  const shared = everywhere(
    unbuffered,
    master ? ['MASTER_ADDR', address] : null,
    master ? ['MASTER_PORT', master.port] : null,
    master ? ['PET_MASTER_ADDR', address] : null,
    master ? ['PET_MASTER_PORT', master.port] : null,
    ['WORLD_SIZE', nodes * processes],
    ['RANK', rank],
    ['PET_NODE_RANK', rank],
    ['PET_NPROC_PER_NODE', nprocPerNode],
    elasticPolicy ? null : ['PET_NNODES', nodes],
  )
  return { everywhere: true, env: [...shared.env, ...elastic(read)] }
}

/** torchrun's rendezvous: https://pytorch.org/docs/stable/elastic/run.html */
function elastic(read: ReadJob): EnvVar[] {
  const policy = read.job.spec.elasticPolicy
  if (!policy) return []
  const worker = replicaOf(read, 'Worker')
  const { minReplicas, maxReplicas, maxRestarts, rdzvId, rdzvConf, nProcPerNode } = policy
  const host = policy.rdzvHost ?? replicaName(read.name, 'Worker', 0)
  const port = policy.rdzvPort ?? worker?.port ?? read.framework.port
  const count = worker?.replicas ?? 0
  const bounded = minReplicas !== undefined || maxReplicas !== undefined
  return everywhere(
    ['PET_RDZV_ENDPOINT', `${host}:${port}`],
    ['PET_RDZV_BACKEND', policy.rdzvBackend ?? 'c10d'],
    ['PET_NNODES', bounded ? `${minReplicas ?? count}:${maxReplicas ?? count}` : count],
    maxRestarts === undefined ? null : ['PET_MAX_RESTARTS', maxRestarts],
    nProcPerNode === undefined ? null : ['PET_NPROC_PER_NODE', nProcPerNode],
    rdzvId === undefined ? null : ['PET_RDZV_ID', rdzvId],
    rdzvConf?.length ? ['PET_RDZV_CONF', rdzvConf.map(({ key, value }) => `${key}=${value}`).join(',')] : null,
    policy.standalone ? ['PET_STANDALONE', ''] : null,
  ).env
}

const xgboost: Build = (read, replica, index) => {
  const master = replicaOf(read, 'Master')
  const worker = replicaOf(read, 'Worker')
  const total = totalReplicas(read)
  const many = total > 1 && worker
  const workers = Array.from({ length: worker?.replicas ?? 0 }, (_, each) => replicaName(read.name, 'Worker', each))
  return everywhere(
    unbuffered,
    ['MASTER_ADDR', replicaName(read.name, 'Master', 0)],
    ['MASTER_PORT', master?.port ?? read.framework.port],
    ['WORLD_SIZE', total],
    ['RANK', replica.type === 'Worker' ? (master?.replicas ?? 0) + index : index],
    many ? ['WORKER_PORT', many.port] : null,
    many ? ['WORKER_ADDRS', workers.join(',')] : null,
  )
}

const jax: Build = (read, replica, index) =>
  everywhere(
    unbuffered,
    ['COORDINATOR_ADDRESS', replicaName(read.name, 'Worker', 0)],
    ['COORDINATOR_PORT', replica.port],
    ['NUM_PROCESSES', totalReplicas(read)],
    ['PROCESS_ID', index],
  )

/** The replica that others meet at knows itself by its own address: its name may not resolve yet when it starts. */
const paddle: Build = (read, replica, index) => {
  const master = replicaOf(read, 'Master')
  const meeting = master ?? replicaOf(read, 'Worker') ?? replica
  const isMeeting = replica.type === meeting.type && index === 0
  const host = isMeeting ? '$(POD_IP_DUMMY)' : replicaName(read.name, meeting.type, 0)
  const ip: EnvVar = { name: 'POD_IP_DUMMY', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }
  const { env } = everywhere(
    unbuffered,
    ['PADDLE_JOB_ID', read.name],
    ['PADDLE_NNODES', totalReplicas(read)],
    ['PADDLE_MASTER', `${host}:${meeting.port}`],
    master ? [replica.type === 'Master' ? 'PADDLE_SERVER_NUM' : 'PADDLE_TRAINER_NUM', 1] : null,
  )
  return { everywhere: true, env: isMeeting ? [ip, ...env] : env }
}

const builders: Readonly<Record<ReadJob['framework']['kind'], Build>> = {
  TFJob: tensorflow,
  PyTorchJob: pytorch,
  XGBoostJob: xgboost,
  JAXJob: jax,
  PaddleJob: paddle,
  // Refused when the job is read.
  MPIJob: () => ({ everywhere: false, env: [] }),
}
