import type { JobPod } from '@keelson/contracts/training'
import { expect, it } from 'vitest'
import { isOpenAtFirst, replicaTree } from './replica-tree.ts'

const pod = (
  replicaType: string | null,
  replicaIndex: number | null,
  attempt: number,
  status = 'succeeded',
): JobPod => ({
  uid: `${replicaType}-${replicaIndex}-${attempt}`,
  name: 'p',
  replicaType,
  replicaIndex,
  attempt,
  environment: [],
  status: { status: status as 'succeeded', reason: null, message: null, since: null },
  node: null,
  startedAt: null,
  finishedAt: null,
  exitCode: null,
  restarts: 0,
  exists: false,
})

it('types hold replicas, replicas their attempts; the newest attempt counts', () => {
  const [ps, worker] = replicaTree([
    pod('PS', 0, 1),
    pod('Worker', 0, 1, 'failed'),
    pod('Worker', 0, 2),
    pod('Worker', 1, 1, 'failed'),
  ])
  expect([ps?.type, ps?.replicas.map(({ title }) => title)]).toEqual(['PS', ['PS 0']])
  expect(worker?.replicas.map(({ title, attempts, newest }) => [title, attempts.length, newest.attempt])).toEqual([
    ['Worker 0', 2, 2],
    ['Worker 1', 1, 1],
  ])
  expect(worker?.counts).toEqual([
    ['succeeded', 1],
    ['failed', 1],
  ])
  expect(worker?.replicas.map((replica) => isOpenAtFirst(replica, worker))).toEqual([true, false])
})

it('attempts of a plain job are one replica, indexes of an Indexed Job are many', () => {
  expect(
    replicaTree([pod(null, null, 1), pod(null, null, 2)]).map(({ type, replicas }) => [type, replicas.length]),
  ).toEqual([['Pods', 1]])
  expect(replicaTree([pod(null, 0, 1), pod(null, 1, 1)])[0]?.replicas.map(({ title }) => title)).toEqual([
    'Index 0',
    'Index 1',
  ])
})
