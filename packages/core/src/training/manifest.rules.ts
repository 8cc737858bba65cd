import type { KubeObject } from '@keelson/contracts/kubernetes'
import { AppError } from '@keelson/process/app-error'
import { fault, parseMapping } from '../objects/index.ts'

/** Kinds of the Training Operator and its successor, which come later: named, so that nobody waits for them in vain. */
const later = ['TFJob', 'PyTorchJob', 'XGBoostJob', 'MPIJob', 'PaddleJob', 'JAXJob', 'TrainJob']

/** The one Job that a person's YAML asks for, in this workspace. Says which field is at fault. */
export function parseJob(text: string, workspace: string): KubeObject {
  const object = parseMapping(text)
  const { apiVersion, kind, metadata } = object
  if (typeof kind === 'string' && later.includes(kind))
    throw new AppError('unimplemented', `The kind ${kind} is not supported yet; a batch/v1 Job is.`)
  if (kind !== 'Job' || apiVersion !== 'batch/v1') {
    throw fault(
      'kind',
      `Expected a Job of batch/v1, found ${String(kind ?? 'nothing')} of ${String(apiVersion ?? 'nothing')}.`,
    )
  }
  if (metadata === null || typeof metadata !== 'object' || Array.isArray(metadata))
    throw fault('metadata', 'metadata is missing.')
  const { name, generateName, namespace } = metadata as Record<string, unknown>
  if (typeof (name ?? generateName) !== 'string') throw fault('metadata.name', 'metadata.name is missing.')
  if (namespace !== undefined && namespace !== workspace) {
    throw fault(
      'metadata.namespace',
      `The job is for namespace ${String(namespace)}, not for this workspace (${workspace}).`,
    )
  }
  return { ...object, apiVersion, kind, metadata: { ...metadata, namespace: workspace } }
}
