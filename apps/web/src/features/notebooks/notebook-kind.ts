export const notebookKind = { group: 'kubeflow.org', version: 'v1', plural: 'notebooks' } as const

/** Where the gateway lets a person into a notebook: it answers with a one-time code for the notebook's own site. */
export function openAddress(workspace: string, name: string): string {
  return `/workspaces/${encodeURIComponent(workspace)}/notebooks/${encodeURIComponent(name)}/open`
}

/** `ghcr.io/team/jupyter:1` → `jupyter:1`. */
export function shortImage(image: string): string {
  return image.slice(image.lastIndexOf('/') + 1)
}
