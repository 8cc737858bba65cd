/** A notebook → another one like it. Pure. */
import { type Notebook, notebookAnnotations } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { fault } from '../objects/index.ts'
import { notebookPrefix } from './notebook.rules.ts'
import { podTemplateOf, serverContainer } from './notebook-view.rules.ts'
import type { Spawned } from './spawner.rules.ts'

export type Claim = KubeObject & {
  spec?: { accessModes?: string[]; resources?: { requests?: { storage?: string } }; storageClassName?: string }
}

/** What stays with a notebook as somebody set it. The rest is of its life, not of its kind. */
const copiedAnnotations = [notebookAnnotations.serverType, notebookAnnotations.rewriteUri, notebookAnnotations.culling]

/** Its home, the first claim of its server, is a new volume of the same size; the others are mounted as they are. */
export function cloned(source: Notebook, claims: readonly Claim[], to: { name: string; creator: string }): Spawned {
  const { name: from = '', namespace = '', annotations = {}, labels = {} } = source.metadata
  const template = podTemplateOf(source)
  const server = serverContainer(source)
  const home = (server.volumeMounts ?? []).flatMap(
    ({ name }) => template.volumes?.find((volume) => volume.name === name && volume.persistentVolumeClaim) ?? [],
  )[0]
  const homeClaim = claims.find(({ metadata }) => metadata.name === home?.persistentVolumeClaim?.claimName)
  const claim = homeClaim === undefined ? null : claimLike(homeClaim, { namespace, from, to: to.name })
  const claimName = claim?.metadata.name ?? ''
  if (claims.some(({ metadata }) => metadata.name === claimName))
    throw fault('as', `There is a volume ${claimName} already: choose another name.`)
  const volumes = (template.volumes ?? []).map((volume) =>
    claim !== null && volume.name === home?.name ? { ...volume, persistentVolumeClaim: { claimName } } : volume,
  )
  const headers = annotations[notebookAnnotations.requestHeaders]
  const prefixes = [
    notebookPrefix({ workspace: namespace, name: from }),
    notebookPrefix({ workspace: namespace, name: to.name }),
  ] as const
  const env = (server.env ?? []).filter(({ name }) => name !== 'NB_PREFIX')
  const notebook: Notebook = {
    apiVersion: 'kubeflow.org/v1',
    kind: 'Notebook',
    metadata: {
      name: to.name,
      namespace,
      labels: { ...labels, app: to.name },
      annotations: {
        ...Object.fromEntries(
          copiedAnnotations.flatMap((key) => (annotations[key] === undefined ? [] : [[key, annotations[key]]])),
        ),
        ...(headers === undefined
          ? {}
          : { [notebookAnnotations.requestHeaders]: headers.replaceAll(prefixes[0], prefixes[1]) }),
        [notebookAnnotations.creator]: to.creator,
      },
    },
    spec: {
      template: {
        spec: {
          ...template,
          volumes,
          containers: [{ ...server, name: to.name, env }, ...template.containers.slice(1)],
        },
      },
    },
  }
  return { notebook, claims: claim === null ? [] : [claim] }
}

function claimLike(claim: Claim, { namespace, from, to }: { namespace: string; from: string; to: string }): KubeObject {
  const { name = '' } = claim.metadata
  const { accessModes, storageClassName, resources } = claim.spec ?? {}
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: name.startsWith(`${from}-`) ? `${to}${name.slice(from.length)}` : `${to}-workspace`, namespace },
    spec: {
      accessModes,
      resources: { requests: { storage: resources?.requests?.storage } },
      ...(storageClassName === undefined ? {} : { storageClassName }),
    },
  }
}
