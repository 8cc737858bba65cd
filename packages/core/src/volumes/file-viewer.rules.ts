/** The viewer of a volume's files in the dashboard: a PVCViewer whose pod is Keelson's file server. Pure. */
import { createHash } from 'node:crypto'
import { fileViewerLabel, type PvcViewer, pvcViewerKind } from '@keelson/contracts/kinds'

export const filesImage = 'keelson/files:1'
export const filesPort = 8080
const root = '/volume'
/** As notebooks' volumes have it: what is uploaded can be changed there, and the other way round. */
const filesGroup = 100

/** Claims may be called what no Service can be. */
export function fileViewerName(claim: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$/.test(claim)) return claim
  return `files-${createHash('sha256').update(claim).digest('hex').slice(0, 32)}`
}

/** `token` is what the gateway shows; the viewer holds no more than its hash, which anybody may read. */
export function fileViewerOf(
  claim: { workspace: string; name: string; isReadOnly: boolean },
  token: string,
): PvcViewer {
  const volume = { claimName: claim.name, ...(claim.isReadOnly ? { readOnly: true } : {}) }
  const env = [
    { name: 'KEELSON_FILES_ROOT', value: root },
    { name: 'KEELSON_FILES_PORT', value: String(filesPort) },
    { name: 'KEELSON_FILES_TOKEN_SHA256', value: createHash('sha256').update(token).digest('hex') },
    { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
  ]
  const container = {
    name: 'files',
    image: filesImage,
    ports: [{ name: 'http', containerPort: filesPort, protocol: 'TCP' }],
    env,
    resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { cpu: '1', memory: '256Mi' } },
    readinessProbe: { httpGet: { path: '/healthz', port: filesPort }, periodSeconds: 1, failureThreshold: 30 },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    volumeMounts: [{ name: 'volume', mountPath: root, ...(claim.isReadOnly ? { readOnly: true } : {}) }],
  }
  return {
    apiVersion: `${pvcViewerKind.group}/v1alpha1`,
    kind: pvcViewerKind.kind,
    metadata: {
      name: fileViewerName(claim.name),
      namespace: claim.workspace,
      labels: { [fileViewerLabel]: 'true' },
    },
    spec: {
      pvc: claim.name,
      podSpec: {
        containers: [container],
        volumes: [{ name: 'volume', persistentVolumeClaim: volume }],
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: 2,
        securityContext: {
          fsGroup: filesGroup,
          fsGroupChangePolicy: 'OnRootMismatch',
          seccompProfile: { type: 'RuntimeDefault' },
        },
      },
      networking: { targetPort: filesPort, basePrefix: '/pvcviewers' },
      rwoScheduling: true,
    },
  }
}

/** What a file server says of itself and its volume, at `/healthz`. */
export type FilesHealth = { lastActivity: string; usedBytes: number | null; usedAt: string | null }

/** For so long nobody asked it anything. */
export const idleMs = 30 * 60_000

/** Whether a viewer is to go: nobody uses it, or it never came up. */
export function isIdle({ metadata }: PvcViewer, health: FilesHealth | null, now: Date): boolean {
  const since = Date.parse(health?.lastActivity ?? metadata.creationTimestamp ?? '')
  return !Number.isNaN(since) && now.getTime() - since >= idleMs
}
