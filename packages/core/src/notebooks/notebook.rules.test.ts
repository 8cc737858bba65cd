import type { Notebook } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { describe, expect, it } from 'vitest'
import type { KubeEvent } from '../activity/index.ts'
import { desiredNotebook, foreignChild, notebookFault } from './notebook.rules.ts'
import { desiredNotebookStatus, notebookOfEvent, podRefusal, reissuedEvent } from './notebook-status.rules.ts'

const now = new Date('2030-01-01T00:00:00.123Z')
function notebook(
  spec: object = { containers: [{ name: 'lab', image: 'i' }] },
  rest: Partial<Notebook> = {},
): Notebook {
  const metadata = { namespace: 'blue', name: 'lab', uid: 'u1', ...rest.metadata }
  return { apiVersion: 'kubeflow.org/v1', kind: 'Notebook', spec: { template: { spec } } as never, ...rest, metadata }
}
const podOf = (wishes: Notebook, addFsGroup = true) =>
  (desiredNotebook(wishes, { addFsGroup }).statefulSet.spec as { template: { spec: Record<string, unknown> } }).template
    .spec
const statefulSet: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'lab', uid: 's1', creationTimestamp: '2030-01-01T00:00:00Z' },
}

describe('what a notebook comes to', () => {
  it('keeps what the template says, and adds what it does not', () => {
    const [container, other] = podOf(
      notebook({
        containers: [
          {
            name: 'lab',
            image: 'i',
            workingDir: '/w',
            ports: [{ containerPort: 9000 }],
            env: [{ name: 'POD_IP', value: '1.2.3.4' }],
            envFrom: [{ secretRef: { name: 'own' } }],
          },
          { name: 'side', image: 'j' },
        ],
        securityContext: {},
      }),
    ).containers as { env: { name: string; value?: string }[]; envFrom: unknown[] }[]
    expect(container).toMatchObject({ workingDir: '/w', ports: [{ containerPort: 9000 }] })
    expect(container?.env.map(({ name, value }) => [name, value])).toEqual([
      ['MLFLOW_EXPERIMENT_NAME', undefined],
      ['POD_IP', '1.2.3.4'],
      ['NB_PREFIX', '/notebook/blue/lab'],
    ])
    expect(container?.envFrom).toEqual([
      { configMapRef: { name: 'keelson', optional: true } },
      { secretRef: { name: 'own' } },
    ])
    expect(other).toEqual({ name: 'side', image: 'j' })
  })
  it('gives fsGroup 100 where there is no security context, unless that is turned off', () => {
    expect(podOf(notebook()).securityContext).toEqual({ fsGroup: 100 })
    expect(podOf(notebook({ containers: [{ name: 'lab', image: 'i' }], securityContext: {} })).securityContext).toEqual(
      {},
    )
    expect(podOf(notebook(), false).securityContext).toBeUndefined()
  })
  it('sends the Service to the first port', () => {
    const wishes = notebook({ containers: [{ name: 'lab', image: 'i', ports: [{ containerPort: 9000 }] }] })
    expect(desiredNotebook(wishes, { addFsGroup: true }).service.spec).toMatchObject({
      ports: [{ port: 80, targetPort: 9000 }],
    })
  })
  it('refuses a name of 53 characters, and no container', () => {
    const named = (length: number) => notebookFault(notebook(undefined, { metadata: { name: 'n'.repeat(length) } }))
    expect(named(53)?.reason).toBe('NameTooLong')
    expect(named(52)).toBeNull()
    expect(notebookFault(notebook({ containers: [] }))?.reason).toBe('NoContainer')
  })
  it('knows its own children by uid', () => {
    const owned = (uid: string): KubeObject => ({
      ...statefulSet,
      metadata: {
        name: 'lab',
        ownerReferences: [{ apiVersion: 'v1', kind: 'Notebook', name: 'lab', uid, controller: true }],
      },
    })
    expect(foreignChild(notebook(), owned('u1'))).toBeNull()
    expect(foreignChild(notebook(), owned('u0'))?.message).toContain('earlier notebook')
    expect(foreignChild(notebook(), statefulSet)?.message).toContain('is not this notebook’s')
    expect(foreignChild(notebook(), null)).toBeNull()
  })
})

describe('what its status says', () => {
  const pod = (status: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'lab-0' }, status })
  const conditions = [
    { type: 'Ready', status: 'False', reason: 'ContainersNotReady', message: 'm', lastProbeTime: null },
  ]
  const containerStatuses = [
    { name: 'istio-proxy', state: { running: {} } },
    { name: 'lab', state: { waiting: { reason: 'ErrImagePull', message: 'no such image' } } },
  ]
  it('is the pod’s, with the state of the container of the notebook’s name, and does not change by itself', () => {
    const observed = { statefulSet, pod: pod({ conditions, containerStatuses }), fault: null }
    const status = desiredNotebookStatus(notebook(), observed, now)
    expect(status).toEqual({
      conditions: [
        {
          type: 'Ready',
          status: 'False',
          reason: 'ContainersNotReady',
          message: 'm',
          lastProbeTime: '2030-01-01T00:00:00Z',
          lastTransitionTime: '2030-01-01T00:00:00Z',
        },
      ],
      readyReplicas: 0,
      containerState: { waiting: { reason: 'ErrImagePull', message: 'no such image' } },
    })
    const later = new Date(now.getTime() + 60_000)
    expect(desiredNotebookStatus(notebook(undefined, { status }), observed, later)).toEqual(status)
  })
  it('has no empty containerState, which a real server makes null of', () => {
    expect(desiredNotebookStatus(notebook(), { statefulSet, pod: null, fault: null }, now)).toEqual({
      conditions: [],
      readyReplicas: 0,
    })
  })
})

describe('events', () => {
  const event = (reason: string, lastTimestamp: string, message = '', uid = 's1', kind = 'StatefulSet'): KubeEvent => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace: 'blue', name: 'e', uid: `${reason}${lastTimestamp}` },
    involvedObject: { kind, name: kind === 'Pod' ? 'lab-0' : 'lab', uid },
    type: 'Warning',
    reason,
    message,
    count: 2,
    lastTimestamp,
  })
  const refused = event(
    'FailedCreate',
    '2030-01-01T00:01:00Z',
    'create Pod lab-0 in StatefulSet lab failed error: pods "lab-0" is forbidden: no room',
  )
  it('the newest try to make the pod decides whether it is refused', () => {
    const success = event('SuccessfulCreate', '2030-01-01T00:02:00Z')
    const others = event('FailedCreate', '2030-01-01T00:03:00Z', 'x', 'another')
    expect(podRefusal(notebook(), statefulSet, [refused, others])?.message).toBe(
      'The cluster refuses the notebook’s pod: pods "lab-0" is forbidden: no room',
    )
    expect(podRefusal(notebook(), statefulSet, [refused, success])).toBeNull()
    const stopped = notebook(undefined, { metadata: { annotations: { 'kubeflow-resource-stopped': 'x' } } })
    expect(podRefusal(stopped, statefulSet, [refused])).toBeNull()
  })
  it('are re-issued under one name, with the source’s count, and not from before the notebook', () => {
    const again = reissuedEvent(notebook(), statefulSet, refused)
    expect(again).toMatchObject({
      involvedObject: { kind: 'Notebook', name: 'lab', uid: 'u1' },
      reason: 'FailedCreate',
      count: 2,
      message: expect.stringMatching(/^Reissued from statefulset\/lab: create Pod lab-0/),
    })
    expect(reissuedEvent(notebook(), statefulSet, { ...refused, count: 3 })?.metadata.name).toBe(again?.metadata.name)
    expect(reissuedEvent(notebook(), statefulSet, event('Killing', '2029-12-31T23:59:59Z', '', 'p', 'Pod'))).toBeNull()
    const scheduled = {
      ...event('Scheduled', '', '', 'p', 'Pod'),
      lastTimestamp: null,
      eventTime: '2030-01-01T00:00:05.123456Z',
    }
    expect(reissuedEvent(notebook(), statefulSet, scheduled)).toMatchObject({ lastTimestamp: '2030-01-01T00:00:05Z' })
  })
  it('belong to a notebook by the name of the StatefulSet or of its pod', () => {
    const about = (kind: string, name: string) => notebookOfEvent({ involvedObject: { kind, name } })
    expect([about('StatefulSet', 'lab'), about('Pod', 'lab-0'), about('Pod', 'lab-1'), about('Job', 'lab')]).toEqual([
      'lab',
      'lab',
      null,
      null,
    ])
  })
})
