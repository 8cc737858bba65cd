/** What a notebook says of the requests to its server, and why it is not ready. Pure. */
import { notebookAnnotations as annotation } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'

type Status = {
  containerState?: { waiting?: { reason?: string; message?: string }; terminated?: { reason?: string } }
  conditions?: { type?: string; reason?: string; message?: string }[]
}

export function whyNotReady(notebook: KubeObject): string {
  const status = (notebook.status ?? {}) as Status
  const waiting = status.containerState?.waiting
  if (waiting?.message) return waiting.message
  const condition = status.conditions?.find(({ type, message }) => type !== 'Ready' && message)
  const why = condition?.message ?? waiting?.reason
  return why ? `The notebook is being started: ${why}` : 'The notebook is being started.'
}

/** `where` names what says so. Upstream's VirtualService puts it in the place of the prefix: `/` for servers that know no prefix, such as code-server. */
export function rewriteOf(value: string | undefined, where: string): { uri: string | null; fault: string | null } {
  if (value === undefined || value === '') return { uri: null, fault: null }
  const isPath = /^\/[A-Za-z0-9._~/-]{0,200}$/.test(value) && !value.startsWith('//')
  if (isPath && !value.split('/').some((part) => part === '.' || part === '..')) {
    return { uri: value.endsWith('/') ? value : `${value}/`, fault: null }
  }
  return { uri: null, fault: `${where} must be a path such as "/", without "..".` }
}

/** What says who asks, where to, or how the message is framed is never a tenant's to set. */
const neverSet =
  /^(authorization|cookie|host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|origin|content-.*|proxy-.*|sec-.*|forwarded|x-forwarded-.*|x-real-ip|impersonate-.*|kubeflow-.*|(x-)?remote-.*|x-auth-.*|x-goog-.*|x-keelson-.*|x-user.*|x-email|x-groups?)$/i
const maxHeaders = 20

export function headersOf(value: string | undefined): { set: Record<string, string>; fault: string | null } {
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
