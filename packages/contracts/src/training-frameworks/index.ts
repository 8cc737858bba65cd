import type { KubeObject } from '../kubernetes/index.ts'

/**
 * What the six training kinds of kubeflow.org/v1 differ in, as the Training Operator 1.9.4 has it. Everything that runs or
 * shows a job reads it from here.
 */
export type TrainingKindName = 'TFJob' | 'PyTorchJob' | 'XGBoostJob' | 'MPIJob' | 'PaddleJob' | 'JAXJob'

export type TrainingFramework = {
  kind: TrainingKindName
  plural: string
  singular: string
  /** The name for people. */
  title: string
  /** The field of `spec` with the replicas. */
  specKey: string
  /** In the order in which they are shown and made. Keys in a job are accepted in any case. */
  replicaTypes: readonly string[]
  /** The container whose exit code and port count. */
  container: string
  port: number
  portName: string
  restartPolicy: 'Never' | 'OnFailure'
  /** The label `training.kubeflow.org/operator-name`. */
  operatorName: string
}

export const trainingFrameworks: readonly TrainingFramework[] = [
  {
    kind: 'TFJob',
    plural: 'tfjobs',
    singular: 'tfjob',
    title: 'TensorFlow',
    specKey: 'tfReplicaSpecs',
    replicaTypes: ['Chief', 'Master', 'PS', 'Worker', 'Evaluator'],
    container: 'tensorflow',
    port: 2222,
    portName: 'tfjob-port',
    restartPolicy: 'Never',
    operatorName: 'tfjob-controller',
  },
  {
    kind: 'PyTorchJob',
    plural: 'pytorchjobs',
    singular: 'pytorchjob',
    title: 'PyTorch',
    specKey: 'pytorchReplicaSpecs',
    replicaTypes: ['Master', 'Worker'],
    container: 'pytorch',
    port: 23456,
    portName: 'pytorchjob-port',
    restartPolicy: 'OnFailure',
    operatorName: 'pytorchjob-controller',
  },
  {
    kind: 'XGBoostJob',
    plural: 'xgboostjobs',
    singular: 'xgboostjob',
    title: 'XGBoost',
    specKey: 'xgbReplicaSpecs',
    replicaTypes: ['Master', 'Worker'],
    container: 'xgboost',
    port: 9999,
    portName: 'xgboostjob-port',
    restartPolicy: 'Never',
    operatorName: 'xgboostjob-controller',
  },
  {
    kind: 'MPIJob',
    plural: 'mpijobs',
    singular: 'mpijob',
    title: 'MPI',
    specKey: 'mpiReplicaSpecs',
    replicaTypes: ['Launcher', 'Worker'],
    container: 'mpi',
    port: 9999,
    portName: 'mpi-port',
    restartPolicy: 'Never',
    operatorName: 'mpijob-controller',
  },
  {
    kind: 'PaddleJob',
    plural: 'paddlejobs',
    singular: 'paddlejob',
    title: 'PaddlePaddle',
    specKey: 'paddleReplicaSpecs',
    replicaTypes: ['Master', 'Worker'],
    container: 'paddle',
    port: 36543,
    portName: 'master',
    restartPolicy: 'OnFailure',
    operatorName: 'paddlejob-controller',
  },
  {
    kind: 'JAXJob',
    plural: 'jaxjobs',
    singular: 'jaxjob',
    title: 'JAX',
    specKey: 'jaxReplicaSpecs',
    replicaTypes: ['Worker'],
    container: 'jax',
    port: 6666,
    portName: 'jaxjob-port',
    restartPolicy: 'Never',
    operatorName: 'jaxjob-controller',
  },
]

/** Labels of a job's pods and Services, by which SDKs find them. */
export const trainingLabels = {
  jobName: 'training.kubeflow.org/job-name',
  replicaType: 'training.kubeflow.org/replica-type',
  replicaIndex: 'training.kubeflow.org/replica-index',
  operatorName: 'training.kubeflow.org/operator-name',
  jobRole: 'training.kubeflow.org/job-role',
} as const

/** The manager of a job that names none. */
export const trainingManager = 'kubeflow.org/training-operator'

/** The framework of a kind, by its name. */
export function frameworkOf(kind: string): TrainingFramework | undefined {
  return trainingFrameworks.find((framework) => framework.kind === kind)
}

/** The uid of the job (batch/v1 or of kubeflow.org) that controls this pod. A namesake kind of another group is none of ours. */
export function jobUidOf(pod: KubeObject): string | undefined {
  const owner = pod.metadata.ownerReferences?.find((each) => each.controller === true)
  if (!owner) return undefined
  const group = owner.kind === 'Job' ? 'batch' : frameworkOf(owner.kind) && 'kubeflow.org'
  return group !== undefined && owner.apiVersion.startsWith(`${group}/`) ? owner.uid : undefined
}
