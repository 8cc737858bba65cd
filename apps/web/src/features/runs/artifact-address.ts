/** Where a run's file is read. `artifactUri` is `mlflow-artifacts:/<experiment>/<run>/artifacts`, the root of the run's files. Pure. */

function joined(artifactUri: string, path: string): string {
  const root = artifactUri.replace(/^[a-z-]+:\/*/, '').replace(/\/$/, '')
  return `${root}/${path}`.split('/').map(encodeURIComponent).join('/')
}

/** MLflow's own artifact proxy (`GET /api/2.0/mlflow-artifacts/artifacts/<path>`), for previews and downloads. */
export function artifactAddress(workspace: string, artifactUri: string, path: string): string {
  return `/workspaces/${encodeURIComponent(workspace)}/mlflow/api/2.0/mlflow-artifacts/artifacts/${joined(artifactUri, path)}`
}

/** The other site, where a file is rendered without reaching the platform's cookies. */
export function contentAddress(workspace: string, artifactUri: string, path: string): string {
  return `/workspaces/${encodeURIComponent(workspace)}/content/${joined(artifactUri, path)}`
}

export type Preview = 'text' | 'json' | 'csv' | 'image' | 'none'

/** How a file can be shown inside the platform's own page: never as HTML, SVG or anything that runs. */
export function previewOf(path: string): Preview {
  const ending = path.slice(path.lastIndexOf('.') + 1).toLowerCase()
  if (/(^|\/)(MLmodel|requirements\.txt|Dockerfile)$/.test(path)) return 'text'
  if (['png', 'jpg', 'jpeg', 'gif', 'webp'].includes(ending)) return 'image'
  if (ending === 'json') return 'json'
  if (ending === 'csv' || ending === 'tsv') return 'csv'
  if (
    ['txt', 'md', 'yaml', 'yml', 'log', 'py', 'toml', 'ini', 'cfg', 'sql', 'sh', 'html', 'svg', 'xml'].includes(ending)
  )
    return 'text'
  return 'none'
}
