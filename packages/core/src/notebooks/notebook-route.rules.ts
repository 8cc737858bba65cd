/** A Notebook and the EndpointSlices of its Service → where its requests go, or why they go nowhere. Pure. */
import { notebookAnnotations as annotation } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { targetsOf } from '../serving/index.ts'

/** Where requests of one notebook go. */
export type NotebookRoute = {
  workspace: string
  name: string
  /** A notebook that was deleted and made again has another one: what was opened for the first is not good for the second. */
  uid: string
  isStopped: boolean
  /** `http://<ip>:<port>` of the pod, while it is ready. */
  targets: readonly string[]
  /** Why there is no target, or what is wrong with the notebook's annotations; a sentence. */
  reason: string
  /** What is wrong with the notebook's annotations: nothing is sent to a notebook with such. */
  fault: string | null
  /** What stands in the place of `/notebook/<namespace>/<name>/` for the server; null = the same path. */
  rewriteUri: string | null
  /** Headers that the notebook's author adds to each request. */
  requestHeaders: Readonly<Record<string, string>>
}

/** Kubernetes names (RFC 1123 labels): all that the path of a notebook can have. */
const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

/** The namespace, the name and the rest of `/notebook/<namespace>/<name>/<rest>`; null for every other path, however it is spelled. */
export function parseNotebookPath(path: string): { workspace: string; name: string; rest: string } | null {
  const [, word, workspace = '', name = '', ...rest] = path.split('/')
  if (word !== 'notebook' || rest.length === 0 || !label.test(workspace) || !label.test(name)) return null
  return { workspace, name, rest: rest.join('/') }
}

export function notebookPrefix({ workspace, name }: { workspace: string; name: string }): string {
  return `/notebook/${workspace}/${name}/`
}

type Status = {
  containerState?: { waiting?: { reason?: string; message?: string }; terminated?: { reason?: string } }
  conditions?: { type?: string; reason?: string; message?: string }[]
}

export function notebookRouteOf(notebook: KubeObject, slices: readonly KubeObject[]): NotebookRoute {
  const { namespace = '', name = '', uid = '', annotations = {} } = notebook.metadata
  const isStopped = annotations[annotation.stopped] !== undefined
  const rewrite = rewriteOf(annotations[annotation.rewriteUri])
  const headers = headersOf(annotations[annotation.requestHeaders])
  return {
    workspace: namespace,
    name,
    uid,
    isStopped,
    targets: isStopped ? [] : targetsOf(slices),
    reason: isStopped ? `The notebook ${name} is stopped.` : whyNotReady(notebook),
    fault: rewrite.fault ?? headers.fault,
    rewriteUri: rewrite.uri,
    requestHeaders: headers.set,
  }
}

function whyNotReady(notebook: KubeObject): string {
  const status = (notebook.status ?? {}) as Status
  const waiting = status.containerState?.waiting
  if (waiting?.message) return waiting.message
  const condition = status.conditions?.find(({ type, message }) => type !== 'Ready' && message)
  const why = condition?.message ?? waiting?.reason
  return why ? `The notebook is being started: ${why}` : 'The notebook is being started.'
}

/** Upstream's VirtualService puts it in the place of the prefix: `/` for servers that know no prefix, such as code-server. */
function rewriteOf(value: string | undefined): { uri: string | null; fault: string | null } {
  if (value === undefined || value === '') return { uri: null, fault: null }
  const isPath = /^\/[A-Za-z0-9._~/-]{0,200}$/.test(value) && !value.startsWith('//')
  if (isPath && !value.split('/').some((part) => part === '.' || part === '..')) {
    return { uri: value.endsWith('/') ? value : `${value}/`, fault: null }
  }
  return { uri: null, fault: `The annotation ${annotation.rewriteUri} must be a path such as "/", without "..".` }
}

/** What says who asks, where to, or how the message is framed is never a tenant's to set. */
const neverSet =
  /^(authorization|cookie|host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|origin|content-.*|proxy-.*|sec-.*|forwarded|x-forwarded-.*|x-real-ip|impersonate-.*|kubeflow-.*|(x-)?remote-.*|x-auth-.*|x-goog-.*|x-keelson-.*|x-user.*|x-email|x-groups?)$/i
const maxHeaders = 20

function headersOf(value: string | undefined): { set: Record<string, string>; fault: string | null } {
  if (value === undefined || value === '') return { set: {}, fault: null }
  const fault = (why: string) => ({ set: {}, fault: `The annotation ${annotation.requestHeaders} ${why}.` })
  let parsed: unknown
  try {
    parsed = JSON.parse(value)
  } catch {
    return fault('is not JSON')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return fault('must be a JSON object')
  const entries = Object.entries(parsed as Record<string, unknown>)
  if (entries.length > maxHeaders) return fault(`names more than ${maxHeaders} headers`)
  const set: Record<string, string> = {}
  for (const [name, text] of entries) {
    if (!/^[A-Za-z0-9-]{1,100}$/.test(name)) return fault('has a name that no header has')
    if (neverSet.test(name)) return fault(`may not set the header ${name}`)
    if (typeof text !== 'string' || !/^[\x20-\x7e]{0,2000}$/.test(text))
      return fault(`has a value for ${name} that is no line of text`)
    set[name.toLowerCase()] = text
  }
  return { set, fault: null }
}
