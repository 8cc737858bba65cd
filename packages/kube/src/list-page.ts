import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { ListOptions, Resource } from './api.ts'
import type { Request } from './connection.ts'
import { listQuery, pathOf, queryString } from './paths.ts'
import { apiVersionOf } from './resources.ts'

export type SendJson = <T>(request: Request) => Promise<T>

type KubeList = { metadata: { resourceVersion?: string; continue?: string }; items?: KubeObject[] | null }

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches */
const metadataType = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'

/** One page. Items of a list carry no `apiVersion` and `kind` of their own: they are given back. */
export async function listOnce<T extends KubeObject>(
  json: SendJson,
  resource: Resource,
  options: ListOptions,
): Promise<{ items: T[]; resourceVersion: string; continue?: string | undefined }> {
  const path = pathOf(resource, { namespace: options.namespace }) + queryString(listQuery(options))
  const answer = await json<KubeList>({
    method: 'GET',
    path,
    ...(options.metadataOnly ? { headers: { accept: metadataType } } : {}),
  })
  const next = answer.metadata.continue
  return {
    items: (answer.items ?? []).map((item) => typed(resource, item)) as T[],
    resourceVersion: answer.metadata.resourceVersion ?? '',
    ...(next ? { continue: next } : {}),
  }
}

/** The object with the `apiVersion` and `kind` of its resource. */
export function typed<T extends KubeObject>(resource: Resource, object: T): T {
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind }
}
