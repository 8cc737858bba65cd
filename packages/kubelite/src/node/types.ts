/** The parts of core/v1 that the node and the controllers read. Wire names and meaning are Kubernetes' own. */
import type { KubeObject, ObjectMeta } from '@keelson/contracts/kubernetes'

export type KeyToPath = { key: string; path: string; mode?: number }
export type FieldRef = { fieldPath: string }
export type ResourceFieldRef = { containerName?: string; resource: string; divisor?: string | number }
export type KeyRef = { name?: string; key: string; optional?: boolean }

export type EnvVar = {
  name: string
  value?: string
  valueFrom?: {
    fieldRef?: FieldRef
    resourceFieldRef?: ResourceFieldRef
    configMapKeyRef?: KeyRef
    secretKeyRef?: KeyRef
  }
}
export type EnvFrom = {
  prefix?: string
  configMapRef?: { name?: string; optional?: boolean }
  secretRef?: { name?: string; optional?: boolean }
}

export type HttpGet = {
  path?: string
  port: number | string
  host?: string
  scheme?: string
  httpHeaders?: { name: string; value: string }[]
}
export type Handler = {
  exec?: { command?: string[] }
  httpGet?: HttpGet
  tcpSocket?: { port: number | string; host?: string }
  grpc?: { port: number; service?: string }
  sleep?: { seconds: number }
}
export type Probe = Handler & {
  initialDelaySeconds?: number
  periodSeconds?: number
  timeoutSeconds?: number
  successThreshold?: number
  failureThreshold?: number
  terminationGracePeriodSeconds?: number
}

export type Resources = { requests?: Record<string, string | number>; limits?: Record<string, string | number> }
export type ContainerPort = {
  name?: string
  containerPort: number
  protocol?: string
  hostPort?: number
  hostIP?: string
}
export type VolumeMount = {
  name: string
  mountPath: string
  subPath?: string
  subPathExpr?: string
  readOnly?: boolean
}

export type RestartRule = { action: string; exitCodes?: { operator: string; values?: number[] } }

export type Container = {
  name: string
  image?: string
  imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
  command?: string[]
  args?: string[]
  workingDir?: string
  env?: EnvVar[]
  envFrom?: EnvFrom[]
  ports?: ContainerPort[]
  resources?: Resources
  volumeMounts?: VolumeMount[]
  livenessProbe?: Probe
  readinessProbe?: Probe
  startupProbe?: Probe
  lifecycle?: { postStart?: Handler; preStop?: Handler }
  terminationMessagePath?: string
  terminationMessagePolicy?: 'File' | 'FallbackToLogsOnError'
  /** Of an init container `Always`: a sidecar. Else it takes the pod's place. */
  restartPolicy?: 'Always' | 'OnFailure' | 'Never'
  restartPolicyRules?: RestartRule[]
  stdin?: boolean
  stdinOnce?: boolean
  tty?: boolean
}

export type DownwardItem = { path: string; fieldRef?: FieldRef; resourceFieldRef?: ResourceFieldRef; mode?: number }
export type Projection = {
  configMap?: { name?: string; items?: KeyToPath[]; optional?: boolean }
  secret?: { name?: string; items?: KeyToPath[]; optional?: boolean }
  downwardAPI?: { items?: DownwardItem[] }
  serviceAccountToken?: { audience?: string; expirationSeconds?: number; path: string }
}
export type Volume = {
  name: string
  emptyDir?: { medium?: string; sizeLimit?: string }
  configMap?: { name?: string; items?: KeyToPath[]; optional?: boolean; defaultMode?: number }
  secret?: { secretName?: string; items?: KeyToPath[]; optional?: boolean; defaultMode?: number }
  downwardAPI?: { items?: DownwardItem[]; defaultMode?: number }
  projected?: { sources?: Projection[]; defaultMode?: number }
  persistentVolumeClaim?: { claimName: string; readOnly?: boolean }
  [other: string]: unknown
}

export type Toleration = {
  key?: string
  operator?: string
  value?: string
  effect?: string
  tolerationSeconds?: number
}
type NodeSelectorTerm = {
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
  matchFields?: { key: string; operator: string; values?: string[] }[]
}

export type PodSpec = {
  nodeName?: string
  schedulerName?: string
  priority?: number
  tolerations?: Toleration[]
  affinity?: {
    nodeAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms?: NodeSelectorTerm[] } }
    [other: string]: unknown
  }
  nodeSelector?: Record<string, string>
  serviceAccountName?: string
  restartPolicy?: 'Always' | 'OnFailure' | 'Never'
  terminationGracePeriodSeconds?: number
  activeDeadlineSeconds?: number
  initContainers?: Container[]
  containers: Container[]
  volumes?: Volume[]
  hostname?: string
  subdomain?: string
  hostNetwork?: boolean
  dnsPolicy?: string
  dnsConfig?: { nameservers?: string[]; searches?: string[]; options?: { name: string; value?: string }[] }
  hostAliases?: { ip: string; hostnames?: string[] }[]
  enableServiceLinks?: boolean
  readinessGates?: { conditionType: string }[]
  overhead?: Record<string, string>
  resources?: Resources
}

export type TerminatedState = {
  exitCode: number
  signal?: number
  reason?: string
  message?: string
  startedAt?: string | null
  finishedAt?: string | null
  containerID?: string
}
export type ContainerStateStatus = {
  waiting?: { reason: string; message?: string }
  running?: { startedAt: string }
  terminated?: TerminatedState
}
export type ContainerStatus = {
  name: string
  state: ContainerStateStatus
  lastState: ContainerStateStatus
  ready: boolean
  restartCount: number
  image: string
  imageID: string
  containerID?: string
  started: boolean
}
export type Condition = {
  type: string
  status: 'True' | 'False' | 'Unknown'
  reason?: string
  message?: string
  lastTransitionTime?: string | null
  lastProbeTime?: string | null
  lastUpdateTime?: string
  observedGeneration?: number
}
export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
export type PodStatus = {
  phase?: PodPhase
  reason?: string
  message?: string
  conditions?: Condition[]
  hostIP?: string
  hostIPs?: { ip: string }[]
  podIP?: string
  podIPs?: { ip: string }[]
  startTime?: string
  qosClass?: string
  observedGeneration?: number
  initContainerStatuses?: ContainerStatus[]
  containerStatuses?: ContainerStatus[]
}

export type Pod = KubeObject & { metadata: ObjectMeta; spec: PodSpec; status?: PodStatus }
export type ConfigMap = KubeObject & { data?: Record<string, string>; binaryData?: Record<string, string> }
export type Secret = KubeObject & { data?: Record<string, string>; type?: string }

export const pods = { group: '', version: 'v1', plural: 'pods' } as const
export const nodes = { group: '', version: 'v1', plural: 'nodes' } as const
export const configMaps = { group: '', version: 'v1', plural: 'configmaps' } as const
export const secrets = { group: '', version: 'v1', plural: 'secrets' } as const
export const events = { group: '', version: 'v1', plural: 'events' } as const
export const leases = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' } as const

/** Name and namespace of an object that came from the API, where both are always set. */
export function refOf(object: KubeObject): { namespace: string; name: string; uid: string } {
  return {
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name ?? '',
    uid: object.metadata.uid ?? '',
  }
}

/** A pod's own containers and its sidecars: those that run side by side. */
export function lastingContainers({
  containers,
  initContainers = [],
}: Pick<PodSpec, 'containers' | 'initContainers'>): Container[] {
  return [...initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always'), ...containers]
}
