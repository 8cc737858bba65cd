/** The dashboard's addresses. Pure; the one place that knows their shape. */
const part = encodeURIComponent

export const paths = {
  home: (workspace: string) => `/w/${part(workspace)}`,
  jobs: (workspace: string) => `/w/${part(workspace)}/jobs`,
  job: (workspace: string, uid: string) => `/w/${part(workspace)}/jobs/${part(uid)}`,
  experiments: (workspace: string) => `/w/${part(workspace)}/experiments`,
  experiment: (workspace: string, id: string) => `/w/${part(workspace)}/experiments/${part(id)}`,
  run: (workspace: string, experiment: string, run: string) =>
    `/w/${part(workspace)}/experiments/${part(experiment)}/runs/${part(run)}`,
  models: (workspace: string) => `/w/${part(workspace)}/models`,
  model: (workspace: string, name: string) => `/w/${part(workspace)}/models/${part(name)}`,
  version: (workspace: string, name: string, version: number) =>
    `/w/${part(workspace)}/models/${part(name)}/versions/${version}`,
  endpoints: (workspace: string) => `/w/${part(workspace)}/endpoints`,
  endpoint: (workspace: string, name: string) => `/w/${part(workspace)}/endpoints/${part(name)}`,
  lineage: (workspace: string, focus?: string) =>
    `/w/${part(workspace)}/lineage${focus ? `?focus=${part(focus)}` : ''}`,
  activity: (workspace: string) => `/w/${part(workspace)}/activity`,
  contributors: (workspace: string) => `/w/${part(workspace)}/contributors`,
} as const
