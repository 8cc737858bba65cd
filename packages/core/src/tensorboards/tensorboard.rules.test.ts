import type { Tensorboard } from '@keelson/contracts/kinds'
import { describe, expect, it } from 'vitest'
import type { Workload } from '../webapps/index.ts'
import {
  desiredTensorboard,
  parseLogsPath,
  tensorboardFault,
  tensorboardStatus,
  toTensorboard,
} from './tensorboard.rules.ts'

const board = (logspath: string, more: Partial<Tensorboard> = {}): Tensorboard => ({
  apiVersion: 'tensorboard.kubeflow.org/v1alpha1',
  kind: 'Tensorboard',
  metadata: { name: 'curves', namespace: 'team', uid: 'u', labels: { 'add-secret': 'true' } },
  spec: { logspath },
  ...more,
})
const now = new Date('2026-01-02T03:04:05.678Z')

describe('a logspath', () => {
  it.each([
    ['pvc://data', { claim: 'data', folder: '' }],
    ['pvc://data/', { claim: 'data', folder: '' }],
    ['pvc://data/runs//today/', { claim: 'data', folder: 'runs/today' }],
    ['pvc://data.v1/a b', { claim: 'data.v1', folder: 'a b' }],
  ])('%s leads to %j', (path, found) => {
    expect(parseLogsPath(path)).toEqual(found)
  })

  it.each([
    ['/logs', 'BadLogsPath', 'pvc://<volume>/<folder>'],
    ['pvc://', 'BadLogsPath', 'names no volume'],
    ['pvc://../x', 'BadLogsPath', 'names no volume'],
    ['pvc://data/../../etc', 'BadLogsPath', '".."'],
    ['s3://bucket/logs', 'StorageNotRead', 's3://'],
    ['gs://bucket/logs', 'StorageNotRead', 'gs://'],
    ['http://169.254.169.254/', 'StorageNotRead', 'http://'],
  ])('%s is refused: %s', (path, reason, part) => {
    expect(tensorboardFault(board(path))).toEqual({ reason, message: expect.stringContaining(part) })
  })
})

describe('desiredTensorboard', () => {
  it('reads the folder of the volume alone, below its own address', () => {
    const { deployment, service } = desiredTensorboard(board('pvc://data/runs'), null, 'img')
    const { template, selector } = deployment.spec as {
      selector: { matchLabels: object }
      template: { metadata: { labels: object }; spec: { containers: object[]; volumes: object[] } }
    }
    expect(selector.matchLabels).toEqual({ app: 'curves', 'tensorboard-name': 'curves' })
    expect(template.metadata.labels).toEqual({ 'add-secret': 'true', app: 'curves', 'tensorboard-name': 'curves' })
    expect(template.spec.containers).toMatchObject([
      {
        name: 'tensorboard',
        image: 'img',
        args: [
          '--logdir=/tensorboard_logs/',
          '--path_prefix=/tensorboard/team/curves',
          '--host=$(POD_IP)',
          '--port=6006',
        ],
        volumeMounts: [{ mountPath: '/tensorboard_logs/', subPath: 'runs', readOnly: true }],
      },
    ])
    expect(template.spec.volumes).toEqual([{ name: 'logs', persistentVolumeClaim: { claimName: 'data' } }])
    expect(service?.spec).toMatchObject({ ports: [{ name: 'http-curves', port: 80, targetPort: 6006 }] })
  })
})

describe('what becomes of it', () => {
  const workload = (readyReplicas: number, conditions: NonNullable<Workload['status']>['conditions']): Workload => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {},
    spec: { replicas: 1 },
    status: { readyReplicas, conditions: conditions ?? [] },
  })

  it('is told in upstream’s shape, once for each change', () => {
    const available = {
      type: 'Available',
      status: 'True',
      message: 'all is well',
      lastUpdateTime: '2026-01-01T00:00:00Z',
    }
    expect(tensorboardStatus(board('pvc://a'), workload(1, [available]), null, now)).toEqual({
      readyReplicas: 1,
      conditions: [{ deploymentState: 'Available', lastProbeTime: '2026-01-01T00:00:00Z' }],
    })
    const fault = { reason: 'NameTaken', message: 'taken' }
    const first = tensorboardStatus(board('pvc://a'), null, fault, now)
    expect(first.conditions).toEqual([
      { deploymentState: 'Refused', lastProbeTime: '2026-01-02T03:04:05Z', message: 'taken' },
    ])
    const later = tensorboardStatus(board('pvc://a', { status: first }), null, fault, new Date(now.getTime() + 60_000))
    expect(later).toEqual(first)
  })

  it('is shown in one word with the reason', () => {
    const shown = (conditions: object[], readyReplicas = 0) =>
      toTensorboard(board('pvc://data/x', { status: { conditions, readyReplicas } as never })).status
    expect(shown([], 1).status).toBe('ready')
    expect(shown([]).status).toBe('pending')
    expect(shown([{ deploymentState: 'ReplicaFailure', message: 'exceeded quota' }])).toMatchObject({
      status: 'failed',
      message: 'exceeded quota',
    })
  })
})
