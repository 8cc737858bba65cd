import { createHash } from 'node:crypto'
import type { InferenceService } from '@keelson/contracts/kinds'
import type { KubeObject, OwnerReference } from '@keelson/contracts/kubernetes'
import type { PlatformAddresses } from '../context/index.ts'
import type { Predictor } from './predictor.rules.ts'

/** Labels by which the parts of an endpoint are found; the first two are upstream's. */
export const servingLabels = {
  service: 'serving.kserve.io/inferenceservice',
  component: 'component',
  revision: 'keelson.dev/revision',
} as const

export const serverImage = 'keelson/sklearn-server:1'
export const serverPort = 8080
export const serverContainer = 'kserve-container'

/** The one name of an endpoint's Deployment and Service. */
export function predictorName(endpoint: string): string {
  return `${endpoint}-predictor`
}

/** The opposite of {@link predictorName}; null when the name is not of that form. */
export function endpointOfPredictor(name: string): string | null {
  return name.endsWith('-predictor') ? name.slice(0, -'-predictor'.length) : null
}

export type DesiredPredictor = { revision: string; deployment: KubeObject; service: KubeObject }

/**
 * The Deployment and headless Service that serve an InferenceService. The revision is a hash of the pod, so that the same
 * spec is the same revision whoever computes it, and a new one rolls: its pods must be ready before old ones go.
 */
export function desiredPredictor(
  service: InferenceService,
  predictor: Predictor,
  addresses: Pick<PlatformAddresses, 'podUrl'>,
): DesiredPredictor {
  const { name = '', namespace = '' } = service.metadata
  const pod = podSpec(name, namespace, predictor, addresses.podUrl)
  const revision = `${predictorName(name)}-${hashOf({ pod, labels: predictor.labels, annotations: predictor.annotations })}`
  const selector = {
    app: `isvc.${predictorName(name)}`,
    [servingLabels.service]: name,
    [servingLabels.component]: 'predictor',
  }
  const metadata = {
    name: predictorName(name),
    namespace,
    labels: { ...selector, 'app.kubernetes.io/managed-by': 'keelson' },
    ownerReferences: [ownerOf(service)],
  }
  return {
    revision,
    deployment: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...metadata, annotations: { [servingLabels.revision]: revision } },
      spec: {
        replicas: predictor.replicas,
        selector: { matchLabels: selector },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        progressDeadlineSeconds: 600,
        revisionHistoryLimit: 3,
        template: {
          metadata: {
            labels: { ...predictor.labels, ...selector, [servingLabels.revision]: revisionLabel(revision) },
            annotations: { ...predictor.annotations, [servingLabels.revision]: revision },
          },
          spec: withRevision(pod, revision),
        },
      },
    },
    service: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        clusterIP: 'None',
        selector,
        ports: [{ name: 'http', port: serverPort, targetPort: serverPort, protocol: 'TCP' }],
      },
    },
  }
}

function ownerOf(service: InferenceService): OwnerReference {
  const { name = '', uid = '' } = service.metadata
  return {
    apiVersion: service.apiVersion,
    kind: 'InferenceService',
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  }
}

type Container = Record<string, unknown> & { env: unknown[] }
type PodSpec = { containers: [Container] } & Record<string, unknown>

function podSpec(name: string, namespace: string, predictor: Predictor, podUrl: string): PodSpec {
  const probe = (path: string) => ({ httpGet: { path, port: serverPort, scheme: 'HTTP' } })
  const { requests, limits } = predictor.resources
  return {
    serviceAccountName: predictor.serviceAccountName,
    terminationGracePeriodSeconds: 30,
    containers: [
      {
        name: serverContainer,
        image: serverImage,
        args: [
          '--model_name',
          name,
          '--storage_uri',
          predictor.storageUri,
          '--host',
          '$(POD_IP)',
          '--port',
          String(serverPort),
        ],
        env: [
          { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          { name: 'MLFLOW_TRACKING_URI', value: `${podUrl}/workspaces/${namespace}/mlflow` },
          { name: 'MLFLOW_TRACKING_AUTH', value: 'kubernetes-namespaced' },
          ...predictor.env,
        ],
        ports: [{ name: 'http', containerPort: serverPort, protocol: 'TCP' }],
        resources: {
          requests: { cpu: '100m', memory: '256Mi', ...requests },
          ...(limits === undefined ? {} : { limits }),
        },
        readinessProbe: {
          ...probe(`/v2/models/${name}/ready`),
          periodSeconds: 1,
          timeoutSeconds: 2,
          failureThreshold: 3,
        },
        livenessProbe: {
          ...probe('/v2/health/live'),
          initialDelaySeconds: 15,
          periodSeconds: 10,
          timeoutSeconds: 5,
          failureThreshold: 6,
        },
        terminationMessagePolicy: 'FallbackToLogsOnError',
      },
    ],
  }
}

/** The server says on each answer which revision gave it: while two are there, nothing else knows. */
function withRevision(pod: PodSpec, revision: string): PodSpec {
  const [container] = pod.containers
  return {
    ...pod,
    containers: [{ ...container, env: [...container.env, { name: 'KEELSON_REVISION', value: revision }] }],
  }
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8)
}

/** A label's value has at most 63 characters: the hash and as much of the name as fits. */
function revisionLabel(revision: string): string {
  return revision.slice(-63).replace(/^[^a-z0-9]+/, '')
}
