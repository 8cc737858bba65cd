import { addressesName } from '../workspaces/index.ts'

/** What a pod's template needs so that the clients in it find the platform and sign in as the pod's ServiceAccount. */
export type ClientParts = {
  envFrom: { configMapRef: { name: string; optional: true } }[]
  env: { name: string; valueFrom: { fieldRef: { fieldPath: string } } }[]
  volumes: { name: string }[]
  volumeMounts: { name: string; mountPath: string }[]
}

/**
 * For a notebook's first container; none of it goes over what the notebook's own template says. The addresses are the
 * workspace's ConfigMap, which may be missing where another operator owns the workspace. `MLFLOW_EXPERIMENT_NAME`: runs that
 * name no experiment land in one that is called as the notebook (mlflow makes it at the first run). `POD_IP`: where pods
 * share an address space, a server must bind to its pod's own. No volumes: every client takes the token that Kubernetes
 * mounts already.
 */
export function notebookClientParts(): ClientParts {
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })
  return {
    envFrom: [{ configMapRef: { name: addressesName, optional: true } }],
    env: [field('MLFLOW_EXPERIMENT_NAME', "metadata.labels['notebook-name']"), field('POD_IP', 'status.podIP')],
    volumes: [],
    volumeMounts: [],
  }
}
