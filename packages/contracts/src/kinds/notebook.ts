import { z } from 'zod'
import type { KubeObject } from '../kubernetes/index.ts'
import { type CustomKind, openObject } from './custom-kind.ts'

/** Annotations and labels of a Notebook, with upstream's names (the last three are Keelson's). */
export const notebookAnnotations = {
  /** Its presence stops the notebook; the value is when. */
  stopped: 'kubeflow-resource-stopped',
  /** RFC 3339; kept by the culler. */
  lastActivity: 'notebooks.kubeflow.org/last-activity',
  /** RFC 3339; upstream's name has the underscores. */
  lastActivityCheck: 'notebooks.kubeflow.org/last_activity_check_timestamp',
  rewriteUri: 'notebooks.kubeflow.org/http-rewrite-uri',
  requestHeaders: 'notebooks.kubeflow.org/http-headers-request-set',
  creator: 'notebooks.kubeflow.org/creator',
  serverType: 'notebooks.kubeflow.org/server-type',
  /** RFC 3339: when the culler will stop the notebook, unless somebody works in it before. */
  cullAt: 'keelson.dev/cull-at',
  /** `disabled`: the culler leaves the notebook alone. */
  culling: 'keelson.dev/culling',
} as const

/** Labels of a notebook's pod. */
export const notebookLabels = { statefulSet: 'statefulset', name: 'notebook-name' } as const

/** A PodSpec, open on purpose: the server checks it when the pod is made, and its refusal is told in the status. */
const NotebookPodSpec = openObject({
  containers: z
    .array(openObject({ name: z.string(), image: z.string() }))
    .min(1)
    .describe('The first is the server; its name should be the notebook’s.'),
})

/** kubeflow.org Notebook, the same in all three versions. */
export const NotebookSpec = z.object({
  template: z.object({ spec: NotebookPodSpec.optional() }).optional(),
})
export type NotebookSpec = z.infer<typeof NotebookSpec>

export const NotebookCondition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  lastProbeTime: z.iso.datetime({ offset: true }).optional(),
  lastTransitionTime: z.iso.datetime({ offset: true }).optional(),
})
export type NotebookCondition = z.infer<typeof NotebookCondition>

const ContainerState = z.object({
  running: z.object({ startedAt: z.iso.datetime({ offset: true }).optional() }).optional(),
  terminated: z
    .object({
      containerID: z.string().optional(),
      exitCode: z.int(),
      finishedAt: z.iso.datetime({ offset: true }).optional(),
      message: z.string().optional(),
      reason: z.string().optional(),
      signal: z.int().optional(),
      startedAt: z.iso.datetime({ offset: true }).optional(),
    })
    .optional(),
  waiting: z.object({ message: z.string().optional(), reason: z.string().optional() }).optional(),
})

export const NotebookStatus = z.object({
  conditions: z
    .array(NotebookCondition)
    .describe('The pod’s conditions; before them Refused, where the notebook cannot be made or its pod is refused.'),
  readyReplicas: z.int(),
  containerState: ContainerState.optional().describe(
    'Of the container that is called as the notebook. Upstream’s is empty where there is no pod; this one is not there.',
  ),
})
export type NotebookStatus = z.infer<typeof NotebookStatus>

export type Notebook = KubeObject & { spec: NotebookSpec; status?: NotebookStatus }

export const notebookKind: CustomKind = {
  group: 'kubeflow.org',
  kind: 'Notebook',
  plural: 'notebooks',
  singular: 'notebook',
  scope: 'Namespaced',
  description: 'A server that people work in, such as JupyterLab.',
  upstream: { operator: 'The notebook controller', selector: 'app=notebook-controller' },
  versions: [
    { name: 'v1', storage: true, spec: NotebookSpec, status: NotebookStatus },
    { name: 'v1beta1', storage: false, spec: NotebookSpec, status: NotebookStatus },
    { name: 'v1alpha1', storage: false, spec: NotebookSpec, status: NotebookStatus },
  ],
}
