/** tensorboard.kubeflow.org Tensorboard → Deployment, Service, status (tensorboard_controller.go), and as people see it. Pure. */
import type { Tensorboard, TensorboardStatus } from '@keelson/contracts/kinds'
import type { StatusDetail } from '@keelson/contracts/status'
import type { TensorboardRow } from '@keelson/contracts/tensorboards'
import { type AppFault, appStatus, ownerOf, type ServedApp, type Workload, webAppPrefix } from '../webapps/index.ts'

export const tensorboardImage = 'keelson/tensorboard:1'
/** Marks what stands for a TensorBoard; upstream has `app` alone, which anybody's pod may have. */
export const tensorboardLabel = 'tensorboard-name'

const port = 6006
const mountPath = '/tensorboard_logs/'
const longestName = 63

export type LogsPath = { claim: string; folder: string }

/** Where a logspath leads, or why it leads nowhere here. */
export function parseLogsPath(logspath: string): LogsPath | AppFault {
  const bad = (message: string): AppFault => ({ reason: 'BadLogsPath', message })
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(logspath) ?? []
  if (scheme === '') return bad('spec.logspath must be pvc://<volume>/<folder>.')
  if (scheme !== 'pvc')
    return {
      reason: 'StorageNotRead',
      message: `TensorBoard reads volumes here, not ${scheme}://. Copy the event files to a volume, or let the training write them there, and name it: pvc://<volume>/<folder>.`,
    }
  const [claim = '', ...folders] = rest.split('/')
  if (!/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(claim)) return bad(`spec.logspath names no volume: ${logspath}.`)
  const names = folders.filter((name) => name !== '')
  if (names.some((name) => name === '.' || name === '..' || name.includes('\0')))
    return bad('spec.logspath must not climb with "..".')
  return { claim, folder: names.join('/') }
}

/** The claim that is read; null where nothing can be. */
export function claimOfTensorboard({ spec }: Tensorboard): string | null {
  const parsed = parseLogsPath(spec.logspath)
  return 'claim' in parsed ? parsed.claim : null
}

export function tensorboardFault({ metadata, spec }: Tensorboard): AppFault | null {
  const { name = '' } = metadata
  if (name.length > longestName || !/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name))
    return {
      reason: 'BadName',
      message: `A Service is called as the TensorBoard: its name begins with a letter, has no "." and at most ${longestName} characters.`,
    }
  const parsed = parseLogsPath(spec.logspath)
  return 'claim' in parsed ? null : parsed
}

/** `wishes` must be without {@link tensorboardFault}. */
export function desiredTensorboard(wishes: Tensorboard, affinity: object | null, image: string): ServedApp {
  const { name = '', namespace = '', labels = {} } = wishes.metadata
  const logs = parseLogsPath(wishes.spec.logspath) as LogsPath
  const selector = { app: name, [tensorboardLabel]: name }
  const metadata = { name, namespace, labels: { [tensorboardLabel]: name }, ownerReferences: [ownerOf(wishes)] }
  const prefix = webAppPrefix({ kind: 'tensorboard', workspace: namespace, name }).replace(/\/$/, '')
  const container = {
    name: 'tensorboard',
    image,
    imagePullPolicy: 'IfNotPresent',
    args: [`--logdir=${mountPath}`, `--path_prefix=${prefix}`, '--host=$(POD_IP)', `--port=${port}`],
    ports: [{ containerPort: port, protocol: 'TCP' }],
    env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
    resources: { requests: { cpu: '50m', memory: '256Mi' }, limits: { cpu: '1', memory: '2Gi' } },
    readinessProbe: {
      httpGet: { path: `${prefix}/`, port },
      periodSeconds: 2,
      timeoutSeconds: 5,
      failureThreshold: 60,
    },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    volumeMounts: [
      { name: 'logs', mountPath, readOnly: true, ...(logs.folder === '' ? {} : { subPath: logs.folder }) },
    ],
  }
  return {
    deployment: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels: selector },
        // Two pods at once could want a volume that one machine alone may mount.
        strategy: { type: 'Recreate' },
        template: {
          metadata: { labels: { ...labels, ...selector } },
          spec: {
            ...(affinity === null ? {} : { affinity }),
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            terminationGracePeriodSeconds: 2,
            securityContext: { fsGroup: 100, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [container],
            volumes: [{ name: 'logs', persistentVolumeClaim: { claimName: logs.claim } }],
          },
        },
      },
    },
    service: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        type: 'ClusterIP',
        selector,
        ports: [{ name: `http-${name}`.slice(0, 15).replace(/-$/, ''), port: 80, targetPort: port, protocol: 'TCP' }],
      },
    },
  }
}

/** Upstream tells types of the Deployment's conditions; those that do not hold are told as well, with why. */
export function tensorboardStatus(
  present: Tensorboard,
  workload: Workload | null,
  fault: AppFault | null,
  now: Date,
): TensorboardStatus {
  const { readyReplicas, conditions } = appStatus(workload, fault)
  const before = present.status?.conditions ?? []
  return {
    readyReplicas,
    conditions: conditions
      .filter(({ status, message }) => status === 'True' || message)
      .map(({ type, message, lastUpdateTime, status }) => {
        const told = status === 'True' && !['Refused', 'ReplicaFailure'].includes(type) ? undefined : message
        const same = before.find((each) => each.deploymentState === type && each.message === told)
        const seen = `${now.toISOString().slice(0, 19)}Z`
        return {
          deploymentState: type,
          lastProbeTime: lastUpdateTime ?? same?.lastProbeTime ?? seen,
          ...(told ? { message: told } : {}),
        }
      }),
  }
}

export function toTensorboard(tensorboard: Tensorboard): TensorboardRow {
  const { uid = '', namespace = '', name = '', creationTimestamp } = tensorboard.metadata
  return {
    uid,
    workspace: namespace,
    name,
    status: statusOf(tensorboard),
    logspath: tensorboard.spec.logspath,
    claim: claimOfTensorboard(tensorboard),
    createdAt: new Date(creationTimestamp ?? 0).toISOString(),
  }
}

function statusOf({ metadata, status }: Tensorboard): StatusDetail {
  const say = (word: StatusDetail['status'], reason: string | null, message: string | null) => ({
    status: word,
    reason,
    message,
    since: null,
  })
  if (metadata.deletionTimestamp !== undefined) return say('pending', 'Terminating', 'It is being deleted.')
  const failed = status?.conditions.find(({ deploymentState }) =>
    ['Refused', 'ReplicaFailure'].includes(deploymentState),
  )
  if (failed) return say('failed', failed.deploymentState, failed.message ?? null)
  return (status?.readyReplicas ?? 0) > 0 ? say('ready', null, null) : say('pending', 'Starting', null)
}
