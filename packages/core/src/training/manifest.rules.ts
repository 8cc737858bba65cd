import type { FieldFault } from '@keelson/contracts/errors'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { AppError } from '@keelson/process/app-error'
import { parseAllDocuments } from 'yaml'

/** Kinds of the Training Operator and its successor, which come later: named, so that nobody waits for them in vain. */
const later = ['TFJob', 'PyTorchJob', 'XGBoostJob', 'MPIJob', 'PaddleJob', 'JAXJob', 'TrainJob']
/** An alias bomb is a few bytes that unfold to gigabytes. */
const mostAliases = 100

/** The one Job that a person's YAML asks for, in this workspace. Says which field is at fault. */
export function parseJob(text: string, workspace: string): KubeObject {
  const object = parseOne(text)
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

function parseOne(text: string): Record<string, unknown> {
  const documents = parseAllDocuments(text, { maxAliasCount: mostAliases, logLevel: 'silent' } as object)
  const [document] = documents
  if (!document || !('contents' in document) || documents.length !== 1)
    throw fault('yaml', 'Expected one YAML document.')
  const [error] = document.errors
  if (error) throw fault('yaml', error.message)
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: mostAliases })
  } catch (cause) {
    throw fault('yaml', cause instanceof Error ? cause.message : 'It cannot be read.')
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw fault('yaml', 'Expected an object.')
  return value as Record<string, unknown>
}

function fault(field: string, message: string): AppError {
  const faults: FieldFault[] = [{ field, message }]
  return new AppError('invalid', message, { faults })
}
