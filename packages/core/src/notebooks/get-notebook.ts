import { type Notebook, notebookLabels } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { GetNotebook, NotebookDetail } from '@keelson/contracts/notebooks'
import { resources } from '@keelson/kube'
import { allow } from '../access/index.ts'
import { asActor, type Ctx } from '../context/index.ts'
import { podTemplateOf, serverContainer, toServer } from './notebook-view.rules.ts'

export type NotebookPod = KubeObject & {
  spec?: { nodeName?: string; containers?: { name: string }[] }
  status?: { phase?: string }
}

/** A notebook as the cluster has it. Throws `not_found`. */
export async function readNotebook(ctx: Ctx, { workspace, name }: GetNotebook): Promise<Notebook> {
  await allow(ctx, { verb: 'get', group: 'kubeflow.org', resource: 'notebooks', namespace: workspace, name })
  return asActor(ctx).get<Notebook>(resources.notebooks, { namespace: workspace, name })
}

/** The pod that a notebook runs in, the newest where one is still ending; null while it is stopped. */
export async function findNotebookPod(ctx: Ctx, { workspace, name }: GetNotebook): Promise<NotebookPod | null> {
  const labelSelector = `${notebookLabels.name}=${name}`
  const { items } = await asActor(ctx).list<NotebookPod>(resources.pods, { namespace: workspace, labelSelector })
  const made = ({ metadata }: KubeObject) => metadata.creationTimestamp ?? ''
  return items.sort((one, other) => made(other).localeCompare(made(one)))[0] ?? null
}

/** A notebook with its pod and what its server is given. */
export async function getNotebook(ctx: Ctx, input: GetNotebook): Promise<NotebookDetail> {
  const [notebook, pod] = await Promise.all([readNotebook(ctx, input), findNotebookPod(ctx, input)])
  const { limits } = serverContainer(notebook).resources ?? {}
  const limit = (key: string) => (limits?.[key] === undefined ? null : String(limits[key]))
  return {
    notebook: toServer(notebook),
    pod:
      pod === null
        ? null
        : {
            name: pod.metadata.name ?? '',
            uid: pod.metadata.uid ?? '',
            phase: pod.status?.phase ?? 'Pending',
            node: pod.spec?.nodeName ?? null,
            container: serverOf(pod, input.name),
          },
    conditions: (notebook.status?.conditions ?? []).map(({ type, status, reason, message }) => ({
      type,
      status,
      reason: reason ?? null,
      message: message ?? null,
    })),
    cpuLimit: limit('cpu'),
    memoryLimit: limit('memory'),
    serviceAccount: podTemplateOf(notebook).serviceAccountName ?? null,
    environment: (serverContainer(notebook).env ?? []).map(({ name, value }) => ({ name, value: value ?? null })),
    labels: notebook.metadata.labels ?? {},
  }
}

/** The container of the pod that is the server: the one that is called as the notebook, else the first. */
export function serverOf(pod: NotebookPod, name: string): string {
  const names = (pod.spec?.containers ?? []).map((container) => container.name)
  return names.includes(name) ? name : (names[0] ?? name)
}
