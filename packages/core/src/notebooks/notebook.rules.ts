/** A Notebook → its StatefulSet and Service, as Kubeflow's notebook controller makes them (notebook_controller.go). Pure. */
import { type Notebook, notebookAnnotations, notebookLabels } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { type AppFault, foreignChild as foreignChildOf, ownerOf, webAppPrefix } from '../webapps/index.ts'
import { type ClientParts, notebookClientParts } from './client-parts.rules.ts'

export type NotebookOptions = {
  /** Pods without a security context of their own get `fsGroup: 100`, the group of the images' user. */
  addFsGroup: boolean
}

type EnvVar = { name: string; [key: string]: unknown }
type Container = {
  name: string
  image: string
  workingDir?: string
  ports?: { containerPort: number; [key: string]: unknown }[]
  env?: EnvVar[]
  envFrom?: unknown[]
  volumeMounts?: { mountPath: string; [key: string]: unknown }[]
  [key: string]: unknown
}
type PodSpec = { containers: Container[]; volumes?: { name: string }[]; securityContext?: object | null }

const serverPort = 8888
const servicePort = 80
const home = '/home/jovyan'
const imagesGroup = 100
/** A pod's label controller-revision-hash is the StatefulSet's name, a dash and ten characters; a label has room for 63. */
const longestName = 52

/** What is wrong with the notebook itself, so that nothing can be made of it. */
export function notebookFault({ metadata, spec }: Notebook): AppFault | null {
  const { name = '' } = metadata
  if (name.length > longestName) {
    const message = `The name has ${name.length} characters and may have ${longestName}: the labels of its pod have no room for more. Make the notebook anew under a shorter name.`
    return { reason: 'NameTooLong', message }
  }
  if (!spec?.template?.spec?.containers?.length)
    return { reason: 'NoContainer', message: 'The notebook has no container: spec.template.spec.containers is empty.' }
  return null
}

/** Why an object of the notebook's name is not to be touched; null where it is the notebook's own, or is not there. */
export function foreignChild(notebook: Notebook, present: KubeObject | null | undefined): AppFault | null {
  return foreignChildOf(notebook, present, { noun: 'notebook', remedy: 'give the notebook another name' })
}

/** `wishes` must be without {@link notebookFault}. */
export function desiredNotebook(
  wishes: Notebook,
  { addFsGroup }: NotebookOptions,
): { statefulSet: KubeObject; service: KubeObject } {
  const { name = '', namespace = '', labels = {}, annotations = {} } = wishes.metadata
  const own = { [notebookLabels.statefulSet]: name, [notebookLabels.name]: name }
  const selector = { [notebookLabels.statefulSet]: name }
  const metadata = {
    name,
    namespace,
    // Upstream's children have no labels; by this one they are watched.
    labels: { [notebookLabels.name]: name },
    ownerReferences: [ownerOf(wishes)],
  }
  const { [notebookAnnotations.stopped]: stopped } = annotations
  const spec = podSpec(wishes, addFsGroup)
  const port = spec.containers[0]?.ports?.[0]?.containerPort ?? serverPort
  return {
    statefulSet: {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata,
      spec: {
        replicas: stopped === undefined ? 1 : 0,
        selector: { matchLabels: selector },
        template: { metadata: { labels: { ...labels, ...own }, annotations: podAnnotations(annotations) }, spec },
      },
    },
    service: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        type: 'ClusterIP',
        selector,
        ports: [{ name: `http-${name}`, port: servicePort, targetPort: port, protocol: 'TCP' }],
      },
    },
  }
}

/** The path below which the notebook's server answers. */
export function notebookPrefix(where: { workspace: string; name: string }): string {
  return webAppPrefix({ kind: 'notebook', ...where })
}

/** The port that the notebook's server is on in its pod. */
export function notebookPort({ spec }: Notebook): number {
  const [container] = (spec.template?.spec?.containers ?? []) as Container[]
  return container?.ports?.[0]?.containerPort ?? serverPort
}

/** Upstream's exception: what is said of the notebook is not said of its pod, and a change of it must not restart the pod. */
function podAnnotations(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const kept = ([key]: [string, string]) =>
    !key.includes('kubectl') && !key.includes('notebook') && !key.startsWith('keelson.dev/')
  return Object.fromEntries(Object.entries(annotations).filter(kept))
}

function podSpec(notebook: Notebook, addFsGroup: boolean): PodSpec {
  const given = notebook.spec.template?.spec as PodSpec
  const [server, ...others] = given.containers
  const parts = notebookClientParts()
  const volumes = [...(given.volumes ?? []), ...missing(parts.volumes, given.volumes, 'name')]
  return {
    ...given,
    containers: server === undefined ? others : [serverContainer(notebook, server, parts), ...others],
    ...(volumes.length > 0 ? { volumes } : {}),
    ...(addFsGroup && !given.securityContext ? { securityContext: { fsGroup: imagesGroup } } : {}),
  }
}

/** What the template says stands; only NB_PREFIX is the platform's, or the server would answer where nobody asks. */
function serverContainer({ metadata }: Notebook, given: Container, parts: ClientParts): Container {
  const { name = '', namespace: workspace = '' } = metadata
  const prefix: EnvVar = { name: 'NB_PREFIX', value: notebookPrefix({ workspace, name }).replace(/\/$/, '') }
  const env = (given.env ?? []).filter((each) => each.name !== prefix.name)
  const mounts = [...(given.volumeMounts ?? []), ...missing(parts.volumeMounts, given.volumeMounts, 'mountPath')]
  return {
    ...given,
    workingDir: given.workingDir || home,
    ports: given.ports ?? [{ name: 'notebook-port', containerPort: serverPort, protocol: 'TCP' }],
    // Ours first: of several sources the last one counts, and a variable may name those before it.
    envFrom: [...parts.envFrom, ...(given.envFrom ?? [])],
    env: [...missing<EnvVar>(parts.env, env, 'name'), ...env, prefix],
    ...(mounts.length > 0 ? { volumeMounts: mounts } : {}),
  }
}

function missing<T>(added: readonly T[], present: readonly T[] | undefined, key: keyof T): T[] {
  return added.filter((each) => !present?.some((other) => other[key] === each[key]))
}
