'use client'
import { frameworkOf } from '@keelson/contracts/training-frameworks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTRPC } from '@/trpc/client.tsx'

/** What a screen offers that not everybody may do, as the rule the server decides it by. */
const actions = {
  submitJob: { group: 'batch', resource: 'jobs', verb: 'create' },
  deleteJob: { group: 'batch', resource: 'jobs', verb: 'delete' },
  spawnNotebook: { group: 'kubeflow.org', resource: 'notebooks', verb: 'create' },
  changeNotebook: { group: 'kubeflow.org', resource: 'notebooks', verb: 'patch' },
  deleteNotebook: { group: 'kubeflow.org', resource: 'notebooks', verb: 'delete' },
  connectNotebook: { group: 'keelson.dev', resource: 'notebooks/connect', verb: 'create' },
  createVolume: { group: '', resource: 'persistentvolumeclaims', verb: 'create' },
  deleteVolume: { group: '', resource: 'persistentvolumeclaims', verb: 'delete' },
  openFiles: { group: 'keelson.dev', resource: 'pvcviewers/connect', verb: 'create' },
  createTensorboard: { group: 'tensorboard.kubeflow.org', resource: 'tensorboards', verb: 'create' },
  deleteTensorboard: { group: 'tensorboard.kubeflow.org', resource: 'tensorboards', verb: 'delete' },
  openTensorboard: { group: 'keelson.dev', resource: 'tensorboards/connect', verb: 'create' },
  requestStage: { group: 'keelson.dev', resource: 'registeredmodels', verb: 'update' },
  decideStage: { group: 'keelson.dev', resource: 'registeredmodels/stage', verb: 'update' },
  deploy: { group: 'serving.kserve.io', resource: 'inferenceservices', verb: 'create' },
  deleteEndpoint: { group: 'serving.kserve.io', resource: 'inferenceservices', verb: 'delete' },
  invoke: { group: 'keelson.dev', resource: 'endpoints/invoke', verb: 'create' },
  addContributor: { group: 'rbac.authorization.k8s.io', resource: 'rolebindings', verb: 'create' },
  removeContributor: { group: 'rbac.authorization.k8s.io', resource: 'rolebindings', verb: 'delete' },
  readAudit: { group: 'keelson.dev', resource: 'auditevents', verb: 'list' },
} as const

export type Action = keyof typeof actions
const names = Object.keys(actions) as Action[]

/** The server's decision on one verb on jobs of one kind. */
export function useMayJob(workspace: string, kind: string, verb: 'create' | 'patch' | 'delete') {
  const trpc = useTRPC()
  const framework = frameworkOf(kind)
  const check = framework
    ? { group: 'kubeflow.org', resource: framework.plural, verb }
    : { group: 'batch', resource: 'jobs', verb }
  const { data } = useQuery(trpc.access.check.queryOptions({ workspace, checks: [check] }))
  return data?.[0]
}

/** The server's decisions on every action of a workspace, asked once and shared by all buttons; none outside of one. */
export function useCan(workspace: string | null): (action: Action) => { allowed: boolean; reason: string } | undefined {
  const trpc = useTRPC()
  const { data } = useQuery({
    ...trpc.access.check.queryOptions({ workspace: workspace ?? '', checks: names.map((name) => actions[name]) }),
    placeholderData: keepPreviousData,
    enabled: workspace !== null,
  })
  return (action) => data?.[names.indexOf(action)]
}
