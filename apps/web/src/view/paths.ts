/** The dashboard's addresses. Pure; the one place that knows their shape. */
const part = encodeURIComponent

/** A kind as addresses name it: `{ group: 'batch', version: 'v1', plural: 'jobs' }`, the core group with `''`. */
export type KindAddress = { group: string; version: string; plural: string }

/** All kinds of a workspace, or with null those of the whole cluster. */
export function objectsPath(workspace: string | null): string {
  return workspace === null ? '/admin/objects' : `/w/${part(workspace)}/objects`
}

/** The objects of one kind. An address has no empty part: the core group is called `core` there. */
export function objectKindPath(workspace: string | null, { group, version, plural }: KindAddress): string {
  return `${objectsPath(workspace)}/${part(group === '' ? 'core' : group)}/${part(version)}/${part(plural)}`
}

/** Where an object is made, beginning with a kind. */
export function newObjectPath(workspace: string | null, kind?: KindAddress): string {
  const of =
    kind === undefined
      ? ''
      : `?of=${[kind.group === '' ? 'core' : kind.group, kind.version, kind.plural].map(part).join('/')}`
  return `${objectsPath(workspace)}/new${of}`
}

/** One object with its YAML. `workspace` is its namespace, null for what has none. */
export function objectPath(workspace: string | null, kind: KindAddress, name: string): string {
  return `${objectKindPath(workspace, kind)}/${part(name)}`
}

export const paths = {
  home: (workspace: string) => `/w/${part(workspace)}`,
  notebooks: (workspace: string) => `/w/${part(workspace)}/notebooks`,
  notebook: (workspace: string, name: string) => `/w/${part(workspace)}/notebooks/${part(name)}`,
  // Beside the list, not below it: a notebook may be called anything.
  newNotebook: (workspace: string) => `/w/${part(workspace)}/new-notebook`,
  volumes: (workspace: string) => `/w/${part(workspace)}/volumes`,
  volume: (workspace: string, name: string) => `/w/${part(workspace)}/volumes/${part(name)}`,
  tensorboards: (workspace: string) => `/w/${part(workspace)}/tensorboards`,
  jobs: (workspace: string) => `/w/${part(workspace)}/jobs`,
  job: (workspace: string, uid: string) => `/w/${part(workspace)}/jobs/${part(uid)}`,
  newJob: (workspace: string, from?: string) =>
    `/w/${part(workspace)}/new-job${from === undefined ? '' : `?from=${part(from)}`}`,
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
