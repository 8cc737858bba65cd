import { type NodeApi, NotRunning, type PodRef } from '../client.ts'
import { attachContainer } from './attach.ts'
import type { NodeContext } from './context.ts'
import { execInContainer } from './exec.ts'
import type { Kubelet } from './kubelet.ts'
import { connectToPod } from './listeners.ts'
import { type ContainerView, isRunning } from './pod-plan.ts'
import type { PodWorker } from './pod-worker.ts'
import { createMeter, type MeteredPod } from './usage.ts'

/** The part of the node's API that reaches into running containers. */
export function streamsOf(context: NodeContext, kubelet: Kubelet): Omit<NodeApi, 'readLog'> {
  const running = (pod: PodRef): ContainerView[] => kubelet.worker(pod.uid)?.containers().filter(isRunning) ?? []
  const find = (pod: PodRef, container: string) => {
    const view = running(pod).find((each) => each.spec.name === container)
    if (view?.current?.started == null) throw new NotRunning()
    return { spec: view.spec, attempt: view.current }
  }
  const meter = createMeter(context.clock, context.nodeName)
  return {
    exec: async (pod, container, command, options) =>
      execInContainer(context, find(pod, container).attempt, command, options),
    attach: async (pod, container, { stdin }) => {
      const { spec, attempt } = find(pod, container)
      return attachContainer(attempt, { stdin, stdinOnce: spec.stdinOnce ?? false })
    },
    connect: async (pod, port) => {
      const attempts = running(pod).flatMap((view) => (view.current === null ? [] : [view.current]))
      return connectToPod(attempts, kubelet.worker(pod.uid)?.record.podIP ?? '127.0.0.1', port)
    },
    hasPod: (pod) => kubelet.worker(pod.uid) !== undefined,
    usage: () => meter(() => kubelet.allWorkers().map(runningContainers)),
  }
}

/** Init containers count while they run, as on a real node. */
function runningContainers(worker: PodWorker): MeteredPod {
  const { namespace, name } = worker.record
  const containers = worker.containers().filter(isRunning)
  return {
    pod: { namespace, name, uid: worker.uid },
    containers: containers.flatMap(({ spec, current }) =>
      current === null ? [] : [{ name: spec.name, attempt: current }],
    ),
  }
}
