/**
 * How kubelite's own controllers and its kubelet reach the API inside the same process: the same handlers as over HTTP
 * (admission, validation, resourceVersion), without the socket. Each component acts under its own `system:` user.
 */
import type { Duplex, Readable, Writable } from 'node:stream'
import type { KubeObject } from '@keelson/contracts/kubernetes'

/** `{ group: '', version: 'v1', plural: 'pods' }`. */
export type ResourceId = { group: string; version: string; plural: string }
export type Ref = { namespace?: string | undefined; name: string }
export type Selection = {
  namespace?: string | undefined
  labelSelector?: string | undefined
  fieldSelector?: string | undefined
}
export type WatchEvent<T> = { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: T }

/** Errors are `StatusError` (see `status-error.ts`) with the same reason and code as over HTTP. */
export type KubeliteClient = {
  get<T extends KubeObject>(resource: ResourceId, ref: Ref): Promise<T>
  find<T extends KubeObject>(resource: ResourceId, ref: Ref): Promise<T | null>
  list<T extends KubeObject>(
    resource: ResourceId,
    selection?: Selection,
  ): Promise<{ items: T[]; resourceVersion: string }>
  create<T extends KubeObject>(resource: ResourceId, object: T): Promise<T>
  /** Replaces the object; a `metadata.resourceVersion` that is not the newest is a Conflict. */
  update<T extends KubeObject>(resource: ResourceId, object: T): Promise<T>
  updateStatus<T extends KubeObject>(resource: ResourceId, object: T): Promise<T>
  /** JSON merge patch, of the object or of a subresource (`status`). */
  patch<T extends KubeObject>(resource: ResourceId, ref: Ref, patch: unknown, subresource?: 'status'): Promise<T>
  delete(
    resource: ResourceId,
    ref: Ref,
    options?: { uid?: string; gracePeriodSeconds?: number; propagation?: 'Foreground' | 'Background' | 'Orphan' },
  ): Promise<void>
  /** Every event after `resourceVersion` (or the present objects first, when none is given), in order. */
  watch<T extends KubeObject>(
    resource: ResourceId,
    options: Selection & { resourceVersion?: string },
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>
  /** A ServiceAccount token bound to a pod, as the TokenRequest API makes it. */
  requestToken(
    serviceAccount: { namespace: string; name: string },
    request: { audiences: readonly string[]; expirationSeconds: number; boundPod?: { name: string; uid: string } },
  ): Promise<{ token: string; expiresAt: Date }>
}

export type PodRef = { namespace: string; name: string; uid: string }

/** A command in a container, or the container's own process, as whoever asked for it sees it. */
export type ProcessStreams = {
  /** Its end closes the process's standard input. Null when there is none to write to. */
  stdin: Writable | null
  stdout: Readable | null
  /** Null on a terminal, which has one output. */
  stderr: Readable | null
  /** Tells a terminal its size in characters. */
  resize(size: { columns: number; rows: number }): void
  /** The exit code (128 and the signal's number when it was killed). Rejects with a `StatusError` when nothing ran. */
  ended: Promise<number>
  /** Whoever asked is gone: nobody reads any more. */
  hangUp(): void
}

/** What the containers of a pod use now: cores over a window that ends at `at`, and bytes of memory. */
export type Usage = { cpu: number; memory: number }
export type NodeUsage = {
  at: Date
  windowMs: number
  nodeName: string
  node: Usage
  pods: { pod: PodRef; containers: ({ name: string } & Usage)[] }[]
}

/** What the API server asks of the node: implemented by the process kubelet, called by the subresources of pods. */
export type NodeApi = {
  /** Runs a command beside a running container's process. Throws {@link NotRunning}. */
  exec(
    pod: PodRef,
    container: string,
    command: readonly string[],
    options: { stdin: boolean; tty: boolean },
  ): Promise<ProcessStreams>
  /** Joins a running container: its output from now on, and its input where the container has one. Throws {@link NotRunning}. */
  attach(pod: PodRef, container: string, options: { stdin: boolean }): Promise<ProcessStreams>
  /** Opens a connection to what a container of the pod listens at. Fails with a sentence for the person. */
  connect(pod: PodRef, port: number): Promise<Duplex>
  /** Whether the pod runs here. */
  hasPod(pod: PodRef): boolean
  /** Measured now: the first answer after a pause takes a second. */
  usage(): Promise<NodeUsage>
  /**
   * Lines of a container's log in order, `<RFC3339Nano> <text>` when `timestamps`. Ends at the end of the file, or with
   * `follow` when the container has ended. Throws BadRequest with Kubernetes' own text when the container has not started.
   */
  readLog(
    pod: PodRef,
    options: {
      container?: string
      previous: boolean
      follow: boolean
      timestamps: boolean
      sinceSeconds?: number
      sinceTime?: string
      tailLines?: number
      limitBytes?: number
    },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>
}

/** The container that is meant does not run now. */
export class NotRunning extends Error {}
