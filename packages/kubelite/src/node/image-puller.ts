import { AppError, describeError } from '@keelson/process/app-error'
import { defaultPullPolicy, type PulledImage, pullImage } from '../images/index.ts'
import type { NodeContext } from './context.ts'
import type { ContainerView } from './pod-plan.ts'
import type { Pod } from './types.ts'

type Pull = { state: 'pulling' } | { state: 'ready'; image: PulledImage } | { state: 'failed' }

const firstBackOffMs = 10_000
const longestBackOffMs = 300_000

const neverPulled = (reference: string) => `Container image "${reference}" is not present with pull policy of Never`

/**
 * Makes the images of one pod's containers ready, beside the pod's own passes: a pull may take a minute. Tells of it with
 * the kubelet's events.
 */
export class ImagePuller {
  private readonly context: NodeContext
  private readonly pod: () => Pod
  private readonly wake: () => void
  private readonly pulls = new Map<string, Pull>()
  private readonly failures = new Map<string, number>()
  private readonly abort = new AbortController()

  constructor(context: NodeContext, pod: () => Pod, wake: () => void) {
    this.context = context
    this.pod = pod
    this.wake = wake
  }

  stop(): void {
    this.abort.abort()
  }

  /** The image when it is ready; otherwise null, with the reason in `view.waiting`, and `wake` is called later. */
  imageFor(view: ContainerView): PulledImage | null {
    const name = view.spec.name
    const pull = this.pulls.get(name)
    if (pull?.state === 'ready') {
      // Each start looks anew: the table may have changed, the environment may have been removed.
      this.pulls.delete(name)
      return pull.image
    }
    if (pull?.state === 'pulling') return null
    const reference = view.spec.image ?? ''
    if (reference.trim() === '' || /\s/.test(reference)) {
      this.fail(
        view,
        'InvalidImageName',
        `Failed to apply default image tag "${reference}": couldn't parse image name "${reference}": invalid reference format`,
      )
      return null
    }
    this.pulls.set(name, { state: 'pulling' })
    void this.pull(view, reference)
    return null
  }

  private async pull(view: ContainerView, reference: string): Promise<void> {
    const { images, hostEnv, cacheDir, environmentsDir, clock } = this.context
    const startedAt = clock.now().getTime()
    let announced = false
    const announce = () => {
      if (!announced) this.event(view, 'Normal', 'Pulling', `Pulling image "${reference}"`)
      announced = true
    }
    try {
      const policy = view.spec.imagePullPolicy ?? defaultPullPolicy(reference)
      if (policy === 'Always') announce()
      const image = await pullImage(images, reference, {
        env: hostEnv,
        signal: this.abort.signal,
        ...(cacheDir === undefined ? {} : { cacheDir }),
        ...(environmentsDir === undefined ? {} : { environmentsDir }),
        onProgress: (step) => {
          if (policy === 'Never') throw new AppError('precondition', neverPulled(reference))
          announce()
          this.event(view, 'Normal', 'Pulling', `Pulling image "${reference}": ${step}`)
        },
      })
      const tookMs = clock.now().getTime() - startedAt
      const seconds = tookMs < 1000 ? `${tookMs}ms` : `${(tookMs / 1000).toFixed(1)}s`
      this.event(
        view,
        'Normal',
        'Pulled',
        announced
          ? `Successfully pulled image "${reference}" in ${seconds}`
          : `Container image "${reference}" already present on machine and can be accessed by the pod`,
      )
      this.failures.delete(view.spec.name)
      this.pulls.set(view.spec.name, { state: 'ready', image })
      view.waiting = null
      view.notBefore = 0
    } catch (error) {
      if (this.abort.signal.aborted) return
      const message = error instanceof AppError ? error.message : describeError(error)
      if (view.spec.imagePullPolicy === 'Never') this.fail(view, 'ErrImageNeverPull', neverPulled(reference))
      else this.fail(view, 'ErrImagePull', message)
    }
    this.wake()
  }

  /** ErrImagePull, and from then on ImagePullBackOff until the next try. */
  private fail(view: ContainerView, reason: string, message: string): void {
    const name = view.spec.name
    const count = (this.failures.get(name) ?? 0) + 1
    this.failures.set(name, count)
    this.pulls.set(name, { state: 'failed' })
    const waitMs = Math.min(firstBackOffMs * 2 ** (count - 1), longestBackOffMs)
    view.waiting = { reason, message }
    view.notBefore = this.context.clock.now().getTime() + waitMs
    const failed = reason === 'ErrImagePull' ? `Failed to pull image "${view.spec.image}": ${message}` : message
    this.event(view, 'Warning', reason === 'ErrImageNeverPull' ? reason : 'Failed', failed)
    this.event(view, 'Warning', 'Failed', `Error: ${reason}`)
    if (reason !== 'ErrImagePull') return
    const backOff = setTimeout(
      () => {
        if (view.waiting?.reason !== 'ErrImagePull' || this.abort.signal.aborted) return
        view.waiting = {
          reason: 'ImagePullBackOff',
          message: `Back-off pulling image "${view.spec.image}": ErrImagePull: ${message}`,
        }
        this.event(view, 'Normal', 'BackOff', `Back-off pulling image "${view.spec.image}"`)
        this.event(view, 'Warning', 'Failed', 'Error: ImagePullBackOff')
        this.wake()
      },
      Math.min(2_000, waitMs),
    )
    backOff.unref()
  }

  private event(view: ContainerView, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.context.events.record(
      this.pod(),
      type,
      reason,
      message,
      `spec.${view.init ? 'initContainers' : 'containers'}{${view.spec.name}}`,
    )
  }
}
