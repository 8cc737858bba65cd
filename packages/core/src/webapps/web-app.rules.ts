/** The kinds of server that people open in a tab of their own, in one table. Pure. */
import {
  fileViewerLabel,
  notebookAnnotations,
  type PvcViewer,
  type Tensorboard,
  viewerPartOf,
} from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { type Resource, resources } from '@keelson/kube'
import { targetsOf } from '../serving/index.ts'
import { headersOf, rewriteOf, whyNotReady } from './notebook-route.rules.ts'

export const webAppKinds = ['notebook', 'pvcviewer', 'tensorboard'] as const
export type WebAppKind = (typeof webAppKinds)[number]
export type WebAppName = { kind: WebAppKind; workspace: string; name: string }

/** Where requests of one web app go. */
export type WebAppRoute = WebAppName & {
  /** What was deleted and made again has another one: what was opened for the first is not good for the second. */
  uid: string
  isStopped: boolean
  /** `http://<ip>:<port>` of the pod, while it is ready. */
  targets: readonly string[]
  /** Why there is no target, a sentence. */
  reason: string
  /** What is wrong with the object: no page of it is opened while it stands. */
  fault: string | null
  /** What stands in the place of the prefix for the server; null = the same path. */
  rewriteUri: string | null
  /** Headers that the object's author adds to each request. */
  requestHeaders: Readonly<Record<string, string>>
  /** A viewer that is Keelson's own file server. */
  isFileBrowser: boolean
}

type Kind = {
  /** The first part of its path at the notebooks' site, as upstream's VirtualServices have it. */
  word: string
  /** What people call it. */
  noun: string
  resource: Resource
  /** Its list in the dashboard. */
  page: string
  service(name: string): string
  /** The name of the one whose Service this is; null where it can be nobody's. */
  nameOf(service: string): string | null
  route(object: KubeObject): Partial<
    Pick<WebAppRoute, 'isStopped' | 'fault' | 'rewriteUri' | 'requestHeaders' | 'isFileBrowser'>
  > & {
    reason: string
  }
}

const viewerPrefix = `${viewerPartOf.replace('-', '')}-`
const viewersPath = '/pvcviewers'

export const webApps: Readonly<Record<WebAppKind, Kind>> = {
  notebook: {
    word: 'notebook',
    noun: 'notebook',
    resource: resources.notebooks,
    page: 'notebooks',
    service: (name) => name,
    nameOf: (service) => service,
    route: (notebook) => {
      const { name = '', annotations = {} } = notebook.metadata
      const isStopped = annotations[notebookAnnotations.stopped] !== undefined
      const rewrite = rewriteOf(
        annotations[notebookAnnotations.rewriteUri],
        `The annotation ${notebookAnnotations.rewriteUri}`,
      )
      const headers = headersOf(annotations[notebookAnnotations.requestHeaders])
      return {
        isStopped,
        reason: isStopped ? `The notebook ${name} is stopped.` : whyNotReady(notebook),
        fault: rewrite.fault ?? headers.fault,
        rewriteUri: rewrite.uri,
        requestHeaders: headers.set,
      }
    },
  },
  pvcviewer: {
    word: viewersPath.slice(1),
    noun: 'viewer',
    resource: resources.pvcViewers,
    page: 'volumes',
    service: (name) => `${viewerPrefix}${name}`,
    nameOf: (service) => (service.startsWith(viewerPrefix) ? service.slice(viewerPrefix.length) : null),
    route: (object) => {
      const { networking } = (object as PvcViewer).spec
      const isFileBrowser = object.metadata.labels?.[fileViewerLabel] === 'true'
      const rewrite = rewriteOf(networking?.rewrite, 'spec.networking.rewrite')
      return {
        reason: 'The viewer is being started.',
        fault: isFileBrowser
          ? 'The files of this volume are shown in the dashboard, on the page of the volume.'
          : (viewerFault(networking) ?? rewrite.fault),
        rewriteUri: rewrite.uri,
        isFileBrowser,
      }
    },
  },
  tensorboard: {
    word: 'tensorboard',
    noun: 'TensorBoard',
    resource: resources.tensorboards,
    page: 'tensorboards',
    service: (name) => name,
    nameOf: (service) => service,
    route: (object) => {
      const { status } = object as Tensorboard
      const refused = status?.conditions.find(({ deploymentState }) => deploymentState === 'Refused')
      return { reason: refused?.message ?? 'The TensorBoard is being started.' }
    },
  },
}

function viewerFault(networking: PvcViewer['spec']['networking']): string | null {
  if (networking === undefined) return 'The viewer has no spec.networking, so there is no way to it.'
  const { basePrefix = viewersPath } = networking
  return basePrefix.replace(/\/$/, '') === viewersPath
    ? null
    : `Viewers are served below ${viewersPath} here: spec.networking.basePrefix must be that.`
}

export function routeOfWebApp(kind: WebAppKind, object: KubeObject, slices: readonly KubeObject[]): WebAppRoute {
  const { namespace = '', name = '', uid = '' } = object.metadata
  const own = webApps[kind].route(object)
  const { isStopped = false } = own
  return {
    kind,
    workspace: namespace,
    name,
    uid,
    isStopped,
    fault: null,
    rewriteUri: null,
    requestHeaders: {},
    isFileBrowser: false,
    ...own,
    targets: isStopped ? [] : targetsOf(slices),
  }
}

/** Kubernetes names (RFC 1123 labels): all that the path of a web app can have. */
const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

/** Kind, namespace, name and the rest of `/notebook/<namespace>/<name>/<rest>`; null for every other path, however it is spelled. */
export function parseWebAppPath(path: string): (WebAppName & { rest: string }) | null {
  const [, word, workspace = '', name = '', ...rest] = path.split('/')
  const kind = webAppKinds.find((each) => webApps[each].word === word)
  if (kind === undefined || rest.length === 0 || !label.test(workspace) || !label.test(name)) return null
  return { kind, workspace, name, rest: rest.join('/') }
}

/** `/notebook/<namespace>/<name>/`. */
export function webAppPrefix({ kind, workspace, name }: WebAppName): string {
  return `/${webApps[kind].word}/${workspace}/${name}/`
}
