import { z } from 'zod'
import type { KubeObject } from '../kubernetes/index.ts'
import { type CustomKind, openObject } from './custom-kind.ts'

/** The label `app.kubernetes.io/part-of` of what stands for a viewer. */
export const viewerPartOf = 'pvc-viewer'

/** Marks the viewers that show a volume's files in the dashboard: their pod is Keelson's own file server. */
export const fileViewerLabel = 'keelson.dev/file-browser'

/** kubeflow.org/v1alpha1 PVCViewerSpec. */
export const PvcViewerSpec = z.object({
  pvc: z.string().min(1).describe('The claim whose volume is shown.'),
  podSpec: openObject({
    containers: z.array(openObject({ name: z.string(), image: z.string() })).min(1),
  }).describe('The pod that shows it; it must mount the claim.'),
  networking: z
    .object({
      targetPort: z
        .union([z.int(), z.string()])
        .meta({ 'x-kubernetes-int-or-string': true })
        .describe('The port of the container.'),
      basePrefix: z.string().optional().describe('Where it is served: /pvcviewers.'),
      rewrite: z.string().optional().describe('What the server sees in the place of <basePrefix>/<namespace>/<name>/.'),
      timeout: z.string().optional().describe('How long an answer may take; it is not limited here.'),
    })
    .optional(),
  rwoScheduling: z
    .boolean()
    .optional()
    .describe('Run where the pod is that has a ReadWriteOnce volume mounted already.'),
})
export type PvcViewerSpec = z.infer<typeof PvcViewerSpec>

/** A condition of the Deployment, and Refused where there can be none. */
const ViewerCondition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  lastUpdateTime: z.iso.datetime({ offset: true }).optional(),
  lastTransitionTime: z.iso.datetime({ offset: true }).optional(),
})

export const PvcViewerStatus = z.object({
  ready: z.boolean(),
  url: z.string().optional(),
  conditions: z.array(ViewerCondition).optional(),
})
export type PvcViewerStatus = z.infer<typeof PvcViewerStatus>

export type PvcViewer = KubeObject & { spec: PvcViewerSpec; status?: PvcViewerStatus }

export const pvcViewerKind: CustomKind = {
  group: 'kubeflow.org',
  kind: 'PVCViewer',
  plural: 'pvcviewers',
  singular: 'pvcviewer',
  scope: 'Namespaced',
  description: 'A pod that shows the files of a volume.',
  upstream: { operator: 'The PVCViewer controller', selector: 'app=pvcviewer-controller' },
  versions: [{ name: 'v1alpha1', storage: true, spec: PvcViewerSpec, status: PvcViewerStatus }],
}
