/** One of the two servers during a run: sends the steps, with the versions and uids that this server gave. */
import { eventually } from '@keelson/testing'
import type { Answer, Cluster, Json, WatchedEvent } from '../cluster.ts'
import { type KindName, kinds } from './kinds.ts'
import type { Step } from './steps.ts'

const patchTypes = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const

export function pathOf(namespace: string, kind: KindName, name = '', subresource = ''): string {
  const { apiVersion } = kinds[kind]
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`
  return [root, 'namespaces', namespace, kind, name, subresource].filter(Boolean).join('/')
}
export const withQuery = (path: string, query = '') => (query ? `${path}?${query}` : path)

/** What every namespace has of its own. */
export const isForeign = (object: Json): boolean => object?.metadata?.name === 'kube-root-ca.crt'

/** A real server writes that a pod goes at once before it deletes it; kubelite deletes it (docs/compat.md). */
export const isFarewell = ({ type, object }: WatchedEvent): boolean =>
  type === 'MODIFIED' && object.kind === 'Pod' && object.metadata.deletionGracePeriodSeconds === 0

export class Side {
  readonly cluster: Cluster
  readonly namespace: string
  readonly #owner: string
  first: string
  #last: string

  private constructor(cluster: Cluster, namespace: string, version: string, owner: string) {
    this.cluster = cluster
    this.#owner = owner
    this.namespace = namespace
    this.first = version
    this.#last = version
  }

  /** The namespace is made, and what controllers put there is waited for. */
  static async open(cluster: Cluster, namespace: string): Promise<Side> {
    await cluster.post('/api/v1/namespaces', { metadata: { name: namespace } })
    const own = `/api/v1/namespaces/${namespace}`
    await eventually(
      async () =>
        (await cluster.get(`${own}/serviceaccounts/default`)).status === 200 &&
        (await cluster.get(`${own}/configmaps/kube-root-ca.crt`)).status === 200,
      { timeoutMs: 30_000 },
    )
    // The owner that objects name.
    const owner = await cluster.post(`${own}/configmaps`, { metadata: { name: 'owner' } })
    const { body } = await cluster.get(`${own}/configmaps`)
    return new Side(cluster, namespace, body.metadata.resourceVersion, owner.body.metadata.uid)
  }

  /** After a difference: takes away what may be another on the two servers, so that the next one is not its consequence. */
  async forget({ kind }: Step): Promise<void> {
    const path = pathOf(this.namespace, kind)
    await this.release(kind)
    await this.cluster.del(withQuery(path, 'fieldSelector=metadata.name!=owner'), { gracePeriodSeconds: 0 })
    this.first = (await this.cluster.get(path)).body.metadata.resourceVersion
    this.#last = this.first
  }

  /** Takes the finalizers off all objects of a kind, so that they can go. */
  async release(kind: KindName): Promise<void> {
    const { body } = await this.cluster.get(pathOf(this.namespace, kind))
    for (const item of body.items ?? [])
      if (item.metadata.finalizers)
        await this.cluster.merge(pathOf(this.namespace, kind, item.metadata.name), { metadata: { finalizers: null } })
  }

  async perform(step: Step): Promise<Answer> {
    const answer = await this.#send(step)
    const version = answer.body?.metadata?.resourceVersion
    if (typeof version === 'string' && /^\d+$/.test(version) && BigInt(version) > BigInt(this.#last))
      this.#last = version
    return answer
  }

  async #send(step: Step): Promise<Answer> {
    const { kind, name, subresource, accept } = step
    const query = step.query?.replaceAll('@first', this.first).replaceAll('@last', this.#last)
    const path = withQuery(pathOf(this.namespace, kind, name, subresource), query)
    const headers = accept === undefined ? {} : { headers: { Accept: accept } }
    switch (step.op) {
      case 'create':
        return this.cluster.call('POST', withQuery(pathOf(this.namespace, kind), query), {
          body: await this.#filled(step),
          ...headers,
        })
      case 'generate':
        return this.#generate(step)
      case 'update':
        return this.#update(step, path)
      case 'merge':
      case 'json':
      case 'strategic':
      case 'apply':
        return this.cluster.call('PATCH', path, { body: await this.#filled(step), type: patchTypes[step.op] })
      case 'delete':
        return this.#delete(step, path)
      case 'deleteAll':
        return this.#collect('DELETE', step, query)
      case 'list':
      case 'page':
        return this.#collect('GET', step, query)
      case 'watch':
        return this.#watch(path)
      case 'get':
        return this.cluster.call('GET', path, headers)
      case 'bad':
        return this.#bad(step, path)
    }
  }

  async #bad(step: Step, path: string): Promise<Answer> {
    const { method = 'GET', raw, type } = step
    const options = raw === undefined ? {} : { raw, ...(type === undefined ? {} : { type }) }
    const answer = await this.cluster.call(method, path, options)
    const { items } = answer.body ?? {}
    const own = Array.isArray(items) ? { items: items.filter((item: Json) => !isForeign(item)) } : {}
    return typeof answer.body === 'object' ? { ...answer, body: { ...answer.body, ...own } } : answer
  }

  /** The body with this server's uid and version of the object in the places that ask for them. */
  async #filled({ body, kind, name }: Step): Promise<Json> {
    const text = JSON.stringify(body)?.replaceAll('@owner', this.#owner)
    if (text === undefined || !/@uid|@own/.test(text)) return text === undefined ? body : JSON.parse(text)
    const { body: present } = await this.cluster.get(pathOf(this.namespace, kind, name))
    const { uid = 'none', resourceVersion = '1' } = present.metadata ?? {}
    return JSON.parse(text.replaceAll('@uid', uid).replaceAll('@own', resourceVersion))
  }

  async #update(step: Step, path: string): Promise<Answer> {
    const { kind, name } = step
    const body = await this.#filled(step)
    const typed = { ...kinds[kind], metadata: { name } }
    const { body: current, status } = step.blind
      ? { body: typed, status: 200 }
      : await this.cluster.get(pathOf(this.namespace, kind, name, step.subresource))
    const object = status === 200 ? current : typed
    const metadata = { ...object.metadata, ...body.metadata }
    return this.cluster.call('PUT', path, { body: { ...object, ...body, metadata } })
  }

  /** Names that the server makes differ: the object goes at once. */
  async #generate(step: Step): Promise<Answer> {
    const path = pathOf(this.namespace, step.kind)
    const answer = await this.cluster.call('POST', path, { body: await this.#filled(step) })
    const { name } = answer.body?.metadata ?? {}
    if (answer.status === 201 && name) {
      await this.cluster.merge(`${path}/${name}`, { metadata: { finalizers: null } })
      await this.cluster.del(`${path}/${name}`, { gracePeriodSeconds: 0 })
    }
    return answer
  }

  async #delete(step: Step, path: string): Promise<Answer> {
    const answer = await this.cluster.call('DELETE', path, { body: await this.#filled(step) })
    if (answer.status === 200 && step.body?.propagationPolicy) await this.#collected(step)
    return answer
  }

  /** The garbage collector's own finalizers go in its own time: both servers are given it. */
  async #collected({ kind, name }: Step): Promise<void> {
    await eventually(
      async () => {
        const { body } = await this.cluster.get(pathOf(this.namespace, kind, name))
        const left: string[] = body.metadata?.finalizers ?? []
        return (
          body.metadata?.deletionTimestamp === undefined ||
          !left.some((each) => each === 'orphan' || each === 'foregroundDeletion')
        )
      },
      { timeoutMs: 60_000 },
    )
  }

  /** All pages of a list, as one answer. What a namespace has of its own is left out. */
  async #collect(method: string, { kind, accept, body: options }: Step, query = ''): Promise<Answer> {
    const items: Json[] = []
    let answer: Answer
    let more = ''
    let pages = 0
    do {
      answer = await this.cluster.call(
        method,
        withQuery(
          pathOf(this.namespace, kind),
          [query.replace(more ? /resourceVersion\w*=[^&]*/g : /^$/, ''), more].filter(Boolean).join('&'),
        ),
        {
          ...(options === undefined ? {} : { body: options }),
          ...(accept === undefined ? {} : { headers: { Accept: accept } }),
        },
      )
      items.push(...(answer.body.items ?? answer.body.rows ?? []))
      more = answer.body.metadata?.continue ? `continue=${encodeURIComponent(answer.body.metadata.continue)}` : ''
      pages += 1
    } while (more && pages < 20)
    const list = answer.body.items === undefined ? 'rows' : 'items'
    if (answer.body[list] === undefined) return answer
    const own = items.filter((item) => !isForeign(item.object ?? item))
    return { ...answer, body: { ...answer.body, [list]: own, pages } }
  }

  /** What a watch from an earlier version tells until it is quiet; bookmarks only where they end the initial events. */
  async #watch(path: string): Promise<Answer> {
    const events = await this.cluster.watch(`${path}&watch=true&timeoutSeconds=1`, () => false, { timeoutMs: 15_000 })
    const own = events.filter(
      ({ type, object }) =>
        !isFarewell({ type, object }) && !isForeign(object) && (type !== 'BOOKMARK' || object.metadata?.annotations),
    )
    return { status: 200, headers: {}, body: own }
  }
}
