import type { Notebook } from '@keelson/contracts/kinds'
import type { ResizeNotebook } from '@keelson/contracts/notebooks'
import { resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { allow, recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import { readNotebook } from './get-notebook.ts'
import { gpusOf, isStopped, podTemplateOf, serverContainer } from './notebook-view.rules.ts'
import { spawnerConfig } from './spawn-notebook.ts'
import { refuseReadOnly, resourcesOf } from './spawner.rules.ts'
import type { SpawnerConfig } from './spawner-config.rules.ts'

/** Gives a stopped notebook another size. What is not said stays. Throws `precondition` while it runs. */
export async function resizeNotebook(ctx: Ctx, input: ResizeNotebook): Promise<void> {
  const { workspace, name } = input
  await allow(ctx, { verb: 'patch', group: 'kubeflow.org', resource: 'notebooks', namespace: workspace, name })
  const config = await spawnerConfig(ctx)
  const notebook = await readNotebook(ctx, input)
  if (!isStopped(notebook)) throw new AppError('precondition', `Stop ${name} first: a server that runs keeps its size.`)
  const size = resized(config, notebook, input)
  const { uid, resourceVersion } = notebook.metadata
  const [server, ...others] = podTemplateOf(notebook).containers
  const containers = [{ ...server, resources: size }, ...others]
  await inTransaction(ctx, async (tx) => {
    await recordAudit(tx, {
      workspace,
      action: 'notebooks.resize',
      subject: `notebook/${name}`,
      before: { resources: server?.resources },
      after: { resources: size },
    })
    // A list is replaced whole: the version guards what somebody else wrote into it meanwhile.
    const patch = { metadata: { uid, resourceVersion }, spec: { template: { spec: { containers } } } }
    await asActor(ctx).patch(resources.notebooks, { namespace: workspace, name }, patch)
  })
}

export function resized(
  config: SpawnerConfig,
  notebook: Notebook,
  { cpu, cpuLimit, memory, memoryLimit, gpus }: Omit<ResizeNotebook, 'workspace' | 'name'>,
): { requests: Record<string, string>; limits: Record<string, string> } {
  refuseReadOnly(config, { cpu, cpuLimit, memory, memoryLimit, gpus })
  const container = serverContainer(notebook)
  const asText = (values: Record<string, string | number> = {}) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]))
  const requests = asText(container.resources?.requests)
  const limits = asText(container.resources?.limits)
  const wanted = resourcesOf(config, {
    cpu: cpu ?? requests.cpu,
    // A limit that was said once goes with its request: a new request has a new one.
    cpuLimit: cpuLimit ?? (cpu === undefined ? limits.cpu : undefined),
    memory: memory ?? requests.memory,
    memoryLimit: memoryLimit ?? (memory === undefined ? limits.memory : undefined),
    gpus: gpus ?? { num: 'none' },
  })
  const accelerators = gpusOf(container).map(({ key }) => key)
  const kept = (values: Record<string, string>, without: readonly string[]) =>
    Object.fromEntries(Object.entries(values).filter(([key]) => !without.includes(key)))
  const replaced = ['cpu', 'memory', ...(gpus === undefined ? [] : accelerators)]
  return {
    requests: { ...kept(requests, replaced), ...wanted.requests },
    limits: { ...kept(limits, replaced), ...wanted.limits },
  }
}
