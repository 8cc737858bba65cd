import type { KubeObject } from '@keelson/contracts/kubernetes'
import { apiVersionOf, type Resource } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { fault, parseMapping } from '../objects/index.ts'
import { jobResourceOf, jobResources } from './any-job.rules.ts'

/** Kinds that come later: named, so that nobody waits for them in vain. */
const later = ['TrainJob']

/** The one job that a person's YAML asks for, in this workspace, and how its kind is addressed. Says which field is at fault. */
export function parseJob(text: string, workspace: string): { object: KubeObject; resource: Resource } {
  const object = parseMapping(text)
  const { apiVersion, kind, metadata } = object
  if (typeof kind === 'string' && later.includes(kind))
    throw new AppError('unimplemented', `The kind ${kind} is not supported yet; use ${kindNames()}.`)
  const resource = typeof kind === 'string' ? jobResourceOf(kind) : undefined
  if (!resource) throw fault('kind', `Expected ${kindNames()}, found ${String(kind ?? 'nothing')}.`)
  const wanted = apiVersionOf(resource)
  if (apiVersion !== wanted)
    throw fault('apiVersion', `A ${resource.kind} is of ${wanted}, found ${String(apiVersion ?? 'nothing')}.`)
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
  const inWorkspace = {
    ...object,
    apiVersion: wanted,
    kind: resource.kind,
    metadata: { ...metadata, namespace: workspace },
  }
  return { object: inWorkspace, resource }
}

/** `a Job of batch/v1, or a TFJob, … of kubeflow.org/v1`. */
function kindNames(): string {
  const [, ...others] = jobResources.map(({ kind }) => kind)
  return `a Job of batch/v1, or ${others.join(', ')} of kubeflow.org/v1`
}
