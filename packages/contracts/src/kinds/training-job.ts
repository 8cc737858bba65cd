import { z } from 'zod'
import type { KubeObject } from '../kubernetes/index.ts'
import { type TrainingFramework, trainingFrameworks } from '../training-frameworks/index.ts'
import { type CustomKind, openObject, Quantity } from './custom-kind.ts'

/** When a replica that ended is started again. ExitCode: only from 128 on, which is what a signal leaves. */
export const ReplicaRestartPolicy = z.enum(['Always', 'OnFailure', 'Never', 'ExitCode'])
export type ReplicaRestartPolicy = z.infer<typeof ReplicaRestartPolicy>

/** Open on purpose: the pod is checked by the server when it is made, and its refusal is told in the job's events. */
const PodTemplate = openObject({
  metadata: openObject({
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }).optional(),
  spec: openObject({
    containers: z
      .array(openObject({ name: z.string(), image: z.string().optional() }))
      .describe('One of them has the name of the framework; its exit code decides.'),
  }).optional(),
})

export const ReplicaSpec = z.object({
  replicas: z.int().min(0).optional().describe('Default 1; workers of an MPIJob 0.'),
  restartPolicy: ReplicaRestartPolicy.optional(),
  template: PodTemplate.optional(),
})
export type ReplicaSpec = z.infer<typeof ReplicaSpec>

export const CleanPodPolicy = z.enum(['', 'None', 'Running', 'All'])

/** kubeflow.org/v1 SchedulingPolicy. */
const SchedulingPolicy = z.object({
  minAvailable: z.int().min(0).optional().describe('How many replicas must fit before any starts. Default: all.'),
  queue: z.string().optional(),
  minResources: z.record(z.string(), Quantity).optional(),
  priorityClass: z.string().optional(),
  scheduleTimeoutSeconds: z.int().min(0).optional(),
})

/** kubeflow.org/v1 RunPolicy, as the Training Operator 1.9.4 has it. */
export const RunPolicy = z.object({
  cleanPodPolicy: CleanPodPolicy.optional().describe('Which pods go when the job is over. Default None: all stay.'),
  ttlSecondsAfterFinished: z.int().min(0).optional(),
  activeDeadlineSeconds: z.int().min(0).optional(),
  backoffLimit: z.int().min(0).optional(),
  schedulingPolicy: SchedulingPolicy.optional(),
  suspend: z.boolean().optional(),
  managedBy: z
    .string()
    .optional()
    .describe('Default kubeflow.org/training-operator. A job of another manager is left alone.'),
})
export type RunPolicy = z.infer<typeof RunPolicy>

/** kubeflow.org/v1 ElasticPolicy of a PyTorchJob. A PaddleJob knows the first four fields. */
const ElasticPolicy = z.object({
  minReplicas: z.int().min(0).optional(),
  maxReplicas: z.int().min(0).optional(),
  maxRestarts: z.int().min(0).optional(),
  metrics: z.array(openObject({})).optional(),
  rdzvBackend: z.enum(['c10d', 'etcd', 'etcd-v2']).optional(),
  rdzvHost: z.string().optional(),
  rdzvPort: z.int().optional(),
  rdzvId: z.string().optional(),
  rdzvConf: z.array(z.object({ key: z.string().optional(), value: z.string().optional() })).optional(),
  standalone: z.boolean().optional(),
  nProcPerNode: z.int().optional(),
})
export type ElasticPolicy = z.infer<typeof ElasticPolicy>

export const JobConditionType = z.enum(['Created', 'Running', 'Restarting', 'Succeeded', 'Suspended', 'Failed'])

export const TrainingJobCondition = z.object({
  type: JobConditionType,
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string().optional(),
  message: z.string().optional(),
  lastUpdateTime: z.iso.datetime({ offset: true }).optional(),
  lastTransitionTime: z.iso.datetime({ offset: true }).optional(),
})
export type TrainingJobCondition = z.infer<typeof TrainingJobCondition>

const ReplicaStatus = z.object({
  active: z.int().optional(),
  succeeded: z.int().optional(),
  failed: z.int().optional(),
  selector: z.string().optional(),
  restarts: z
    .int()
    .optional()
    .describe(
      'How often a pod of this type was made anew, over the whole run. Keelson’s own count; upstream has none.',
    ),
})

/** kubeflow.org/v1 JobStatus. */
export const TrainingJobStatus = z.object({
  conditions: z.array(TrainingJobCondition).optional(),
  replicaStatuses: z.record(z.string(), ReplicaStatus).optional(),
  startTime: z.iso.datetime({ offset: true }).optional(),
  completionTime: z.iso.datetime({ offset: true }).optional(),
  lastReconcileTime: z.iso.datetime({ offset: true }).optional(),
  countedPods: z
    .array(z.string())
    .optional()
    .describe('Uids of ended pods whose restart is counted, so that no restart counts twice. Keelson’s own.'),
})
export type TrainingJobStatus = z.infer<typeof TrainingJobStatus>

const replicaSpecs = z.record(z.string(), ReplicaSpec)

/** The spec of all six kinds; each CustomResourceDefinition has the fields of its own kind alone. */
const specFields = {
  TFJob: {
    tfReplicaSpecs: replicaSpecs,
    successPolicy: z.enum(['', 'AllWorkers']).optional(),
    enableDynamicWorker: z.boolean().optional(),
  },
  PyTorchJob: {
    pytorchReplicaSpecs: replicaSpecs,
    nprocPerNode: z.string().optional(),
    elasticPolicy: ElasticPolicy.optional(),
  },
  XGBoostJob: { xgbReplicaSpecs: replicaSpecs },
  MPIJob: {
    mpiReplicaSpecs: replicaSpecs,
    slotsPerWorker: z.int().optional(),
    cleanPodPolicy: CleanPodPolicy.optional(),
    mainContainer: z.string().optional(),
  },
  PaddleJob: {
    paddleReplicaSpecs: replicaSpecs,
    elasticPolicy: ElasticPolicy.pick({
      minReplicas: true,
      maxReplicas: true,
      maxRestarts: true,
      metrics: true,
    }).optional(),
  },
  JAXJob: { jaxReplicaSpecs: replicaSpecs },
} as const

export type TrainingJobSpec = {
  runPolicy?: RunPolicy | undefined
  successPolicy?: string | undefined
  enableDynamicWorker?: boolean | undefined
  nprocPerNode?: string | undefined
  elasticPolicy?: ElasticPolicy | undefined
  slotsPerWorker?: number | undefined
  cleanPodPolicy?: z.infer<typeof CleanPodPolicy> | undefined
  mainContainer?: string | undefined
  [replicaSpecs: string]: unknown
}

/** An object of any of the six kinds. */
export type TrainingJob = KubeObject & { spec: TrainingJobSpec; status?: TrainingJobStatus }

function kindOf(framework: TrainingFramework): CustomKind {
  const { kind, plural, singular } = framework
  return {
    group: 'kubeflow.org',
    kind,
    plural,
    singular,
    scope: 'Namespaced',
    description: `A training job of one or more replicas: ${framework.title}.`,
    upstream: { operator: 'Kubeflow Training Operator', selector: 'control-plane=kubeflow-training-operator' },
    versions: [
      {
        name: 'v1',
        storage: true,
        spec: z.object({ runPolicy: RunPolicy.optional(), ...specFields[kind] }),
        status: TrainingJobStatus,
        // Upstream's: State is the last condition.
        columns: [
          { name: 'State', type: 'string', jsonPath: '.status.conditions[-1:].type' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
      },
    ],
  }
}

/** The six kinds of the Training Operator, kubeflow.org/v1. */
export const trainingKinds: readonly CustomKind[] = trainingFrameworks.map(kindOf)
