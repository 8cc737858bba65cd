import { z } from 'zod'
import type { KubeObject } from '../kubernetes/index.ts'
import type { CustomKind } from './custom-kind.ts'

/** tensorboard.kubeflow.org/v1alpha1 TensorboardSpec. */
export const TensorboardSpec = z.object({
  logspath: z
    .string()
    .min(1)
    .describe('Where the event files are: pvc://<claim>/<folder>, or a bucket (s3://…, gs://…) on a cluster.'),
})
export type TensorboardSpec = z.infer<typeof TensorboardSpec>

export const TensorboardStatus = z.object({
  conditions: z.array(
    z.object({
      /** Type of a condition of the Deployment, or `Refused`. */
      deploymentState: z.string(),
      lastProbeTime: z.iso.datetime({ offset: true }),
      message: z.string().optional().describe('Keelson’s addition: why, in a sentence.'),
    }),
  ),
  readyReplicas: z.int(),
})
export type TensorboardStatus = z.infer<typeof TensorboardStatus>

export type Tensorboard = KubeObject & { spec: TensorboardSpec; status?: TensorboardStatus }

export const tensorboardKind: CustomKind = {
  group: 'tensorboard.kubeflow.org',
  kind: 'Tensorboard',
  plural: 'tensorboards',
  singular: 'tensorboard',
  scope: 'Namespaced',
  description: 'A TensorBoard over the event files of a folder.',
  upstream: { operator: 'The Tensorboard controller', selector: 'app=tensorboard-controller' },
  versions: [{ name: 'v1alpha1', storage: true, spec: TensorboardSpec, status: TensorboardStatus }],
}
