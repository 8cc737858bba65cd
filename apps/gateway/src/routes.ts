/** Every wire format that the gateway speaks for clients, in one table: first match wins. An adapter adds its line. */
import type { Adapter, AdapterOptions } from './front/route.ts'
import { openInference } from './inference/open-inference.ts'
import { openJobs } from './jobs/open-jobs.ts'
import { openKubeflow } from './kubeflow/open-kubeflow.ts'
import { openMlflow } from './mlflow/index.ts'
import { openPipelines } from './pipelines/open-pipelines.ts'

export function openAdapters(options: AdapterOptions): readonly Adapter[] {
  return [openMlflow(options), openInference(options), openJobs(), openKubeflow(options), openPipelines()]
}
