/** Builders and waits for the lifecycle suites. */
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll } from 'vitest'
import type { Cluster, Json, Subject } from './cluster.ts'

export type LiveSubject = Subject & { image: string }

/** A namespace for one suite, and short ways to its objects. */
export class Workspace {
  readonly image: string
  readonly #cluster: () => Cluster
  namespace = ''

  constructor(subject: LiveSubject) {
    this.image = subject.image
    this.#cluster = subject.cluster
    beforeAll(async () => {
      this.namespace = await subject.cluster().namespace()
    })
    afterAll(async () => {
      await subject.cluster().del(`/api/v1/namespaces/${this.namespace}`)
    })
  }

  /** `apps/v1 statefulsets` → its path in this namespace. */
  path(kind: string, name?: string): string {
    const [version = '', plural = ''] = kind.split(' ')
    const root = version === 'v1' ? '/api/v1' : `/apis/${version}`
    return `${root}/namespaces/${this.namespace}/${plural}${name === undefined ? '' : `/${name}`}`
  }

  /** Throws with the server's words when the object is refused. */
  async create(kind: string, name: string, body: Json): Promise<Json> {
    const answer = await this.#cluster().post(this.path(kind), { ...body, metadata: { ...body.metadata, name } })
    if (answer.status !== 201) throw new Error(`${kind} ${name}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  async get(kind: string, name: string): Promise<Json> {
    const answer = await this.#cluster().get(this.path(kind, name))
    return answer.status === 200 ? answer.body : null
  }

  async list(kind: string, labelSelector = ''): Promise<Json[]> {
    return (await this.#cluster().get(`${this.path(kind)}?labelSelector=${encodeURIComponent(labelSelector)}`)).body
      .items
  }

  patch(kind: string, name: string, body: Json) {
    return this.#cluster().merge(this.path(kind, name), body)
  }

  remove(kind: string, name: string, options?: Json) {
    return this.#cluster().del(this.path(kind, name), options)
  }

  /** Waits until the object is as wished and gives it; says how it was when it never is. */
  async until(kind: string, name: string, wished: (object: Json) => boolean, timeoutMs = 30_000): Promise<Json> {
    let last: Json
    try {
      return await eventually(
        async () => {
          last = await this.get(kind, name)
          return last !== null && wished(last) ? last : false
        },
        { timeoutMs },
      )
    } catch (cause) {
      throw new Error(`${kind} ${name} is ${JSON.stringify(last?.status ?? last)}`, { cause })
    }
  }

  async untilGone(kind: string, name: string): Promise<void> {
    await eventually(async () => (await this.get(kind, name)) === null, { timeoutMs: 30_000 })
  }

  /** Reason and message of the events about an object. */
  async events(name: string): Promise<{ reason: string; message: string }[]> {
    return (await this.list('v1 events')).filter((event) => event.involvedObject.name === name)
  }

  kubectl(...args: string[]) {
    return this.#cluster().kubectl(['-n', this.namespace, ...args])
  }

  /** A pod template whose container runs one script of the shell. */
  template(labels: Record<string, string>, script: string, container: Json = {}): Json {
    return { metadata: { labels }, spec: this.podSpec(script, container) }
  }

  podSpec(script: string, container: Json = {}): Json {
    return {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'main', image: this.image, command: ['sh', '-c', script], ...container }],
    }
  }
}

export const conditionOf = (object: Json, type: string): Json =>
  object.status?.conditions?.find((each: Json) => each.type === type)
export const hasCondition = (type: string) => (object: Json) => conditionOf(object, type)?.status === 'True'
