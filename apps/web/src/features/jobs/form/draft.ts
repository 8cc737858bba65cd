/**
 * The form's view of a job's YAML: read from the text, never kept beside it, so that the text is the one truth and both can be
 * edited. What the YAML holds beyond the form is named, and left as it is. Pure.
 */
import { frameworkOf } from '@keelson/contracts/training-frameworks'
import { parseDocument } from 'yaml'
import {
  at,
  containerPath,
  isPiece,
  listAt,
  podPath,
  policyPath,
  replicasPath,
  restartPath,
  typesOf,
} from './places.ts'

/** What a container runs: a script for Python or the shell, words of its own, or what the image starts by itself. */
export type Runs = { how: 'python' | 'shell' | 'words' | 'image'; text: string }
export type Variable = { name: string; value: string }
export type Volume = { claim: string; mountPath: string }

export type TypeDraft = {
  type: string
  replicas: string
  restartPolicy: string
  serviceAccount: string
  image: string
  runs: Runs
  cpu: string
  memory: string
  /** A resource that is counted in pieces, as `nvidia.com/gpu`, and how many. */
  device: string
  devices: string
  variables: Variable[]
  /** The ConfigMap by which clients find the platform. */
  hasClients: boolean
  volumes: Volume[]
}

export type Policy = {
  completions: string
  backoffLimit: string
  ttlSecondsAfterFinished: string
  activeDeadlineSeconds: string
  cleanPodPolicy: string
}
export type Draft = { kind: string; name: string; types: TypeDraft[]; policy: Policy; beyond: string[] }

export const clientsMap = 'keelson'
export const policyFields = ['backoffLimit', 'ttlSecondsAfterFinished', 'activeDeadlineSeconds'] as const
/** The dialect of kubectl, in which `yes` is true. */
export const dialect = { version: '1.1', logLevel: 'silent', prettyErrors: false } as const

const text = (value: unknown) => (value === undefined || value === null ? '' : String(value))

/** A sentence where the text is no YAML, or of no kind that the form knows. */
export function readDraft(yaml: string): Draft | { fault: string } {
  const job = plainOf(yaml)
  if (job === null) return { fault: 'The YAML cannot be read: the form waits until it can.' }
  const kind = text(at(job, ['kind']))
  if (kind !== 'Job' && !frameworkOf(kind))
    return { fault: `The form knows Jobs and the training kinds; ${kind || 'this'} is written as YAML.` }
  const types = typesOf(job, kind).map((type) => readType(job, kind, type))
  const policy = policyPath(kind)
  const field = (name: string) => text(at(job, [...policy, name]))
  return {
    kind,
    name: text(at(job, ['metadata', 'name'])),
    types,
    policy: {
      completions: kind === 'Job' ? text(at(job, ['spec', 'completions'])) : '',
      backoffLimit: field('backoffLimit'),
      ttlSecondsAfterFinished: field('ttlSecondsAfterFinished'),
      activeDeadlineSeconds: field('activeDeadlineSeconds'),
      cleanPodPolicy: kind === 'Job' ? '' : field('cleanPodPolicy'),
    },
    beyond: beyondOf(job, kind, types),
  }
}

export function plainOf(yaml: string): unknown {
  const document = parseDocument(yaml, dialect)
  if (document.errors.length > 0) return null
  try {
    const job: unknown = document.toJS({ maxAliasCount: 100 })
    return job !== null && typeof job === 'object' ? job : null
  } catch {
    return null
  }
}

function readType(job: unknown, kind: string, type: string): TypeDraft {
  const container = at(job, containerPath(job, kind, type))
  const pod = at(job, podPath(kind, type))
  const amount = (resource: string) =>
    text(at(container, ['resources', 'requests', resource]) ?? at(container, ['resources', 'limits', resource]))
  const limits = at(container, ['resources', 'limits'])
  const device = Object.keys((limits ?? {}) as object).find(isPiece) ?? ''
  return {
    type,
    replicas: text(at(job, replicasPath(kind, type))),
    restartPolicy: text(at(job, restartPath(kind, type))),
    serviceAccount: text(at(pod, ['serviceAccountName'])),
    image: text(at(container, ['image'])),
    runs: readRuns(container),
    cpu: amount('cpu'),
    memory: amount('memory'),
    device,
    devices: device ? text(at(limits, [device])) : '',
    variables: listAt(container, ['env']).flatMap((entry) =>
      isPlainVariable(entry) ? [{ name: text(at(entry, ['name'])), value: text(at(entry, ['value'])) }] : [],
    ),
    hasClients: listAt(container, ['envFrom']).some(isClients),
    volumes: readVolumes(pod, container),
  }
}

function readRuns(container: unknown): Runs {
  const words = [...listAt(container, ['command']), ...listAt(container, ['args'])].map(text)
  const script = words.at(-1) ?? ''
  const [program = ''] = words
  if (words.length === 0) return { how: 'image', text: '' }
  if (words.length > 2 && words.at(-2) === '-c') {
    if (/(^|\/)python3?$/.test(program)) return { how: 'python', text: script }
    if (/(^|\/)(ba)?sh$/.test(program)) return { how: 'shell', text: script }
  }
  return { how: 'words', text: words.join('\n') }
}

export function isPlainVariable(entry: unknown): boolean {
  return at(entry, ['valueFrom']) === undefined
}

export function isClients(entry: unknown): boolean {
  return at(entry, ['configMapRef', 'name']) === clientsMap && at(entry, ['prefix']) === undefined
}

function readVolumes(pod: unknown, container: unknown): Volume[] {
  return listAt(container, ['volumeMounts']).flatMap((mount) => {
    const claim = claimOf(pod, mount)
    return claim === null ? [] : [{ claim, mountPath: text(at(mount, ['mountPath'])) }]
  })
}

/** The claim that a mount shows whole; null where the form would hide something of it. */
export function claimOf(pod: unknown, mount: unknown): string | null {
  const volume = listAt(pod, ['volumes']).find((one) => at(one, ['name']) === at(mount, ['name']))
  const claim = at(volume, ['persistentVolumeClaim', 'claimName'])
  const isWhole = Object.keys(mount as object).every((key) => key === 'name' || key === 'mountPath')
  return isWhole && typeof claim === 'string' ? claim : null
}

const mostTold = 12

/** The fields that the form does not show, as paths. */
function beyondOf(job: unknown, kind: string, types: readonly TypeDraft[]): string[] {
  const rest = structuredClone(job)
  const shown = [
    ['apiVersion'],
    ['kind'],
    ['metadata', 'name'],
    ['metadata', 'namespace'],
    ...(kind === 'Job' ? [['spec', 'completions']] : [[...policyPath(kind), 'cleanPodPolicy']]),
    ...policyFields.map((name) => [...policyPath(kind), name]),
    ...types.flatMap(({ type }) => shownOfType(job, kind, type)),
  ]
  for (const path of shown) remove(rest, path)
  const left = leaves(rest, '')
  return left.length > mostTold ? [...left.slice(0, mostTold), `and ${left.length - mostTold} more`] : left
}

function shownOfType(job: unknown, kind: string, type: string): (string | number)[][] {
  const pod = [...podPath(kind, type)]
  const container = [...containerPath(job, kind, type)]
  const entries = (path: (string | number)[], isShown: (entry: unknown) => boolean) =>
    listAt(job, path).flatMap((entry, index) => (isShown(entry) ? [[...path, index]] : []))
  const isMounted = (volume: unknown) =>
    listAt(job, [...container, 'volumeMounts']).some(
      (mount) => at(mount, ['name']) === at(volume, ['name']) && claimOf(at(job, pod), mount) !== null,
    )
  const resources = at(job, [...container, 'resources'])
  const same = ['cpu', 'memory'].filter((name) => {
    const [asked, most] = [at(resources, ['requests', name]), at(resources, ['limits', name])]
    return asked === undefined || most === undefined || asked === most
  })
  const device = Object.keys((at(resources, ['limits']) ?? {}) as object).find(isPiece)
  return [
    [...replicasPath(kind, type)],
    [...restartPath(kind, type)],
    [...pod, 'serviceAccountName'],
    ...['name', 'image', 'command', 'args'].map((key) => [...container, key]),
    ...[...same, ...(device ? [device] : [])].flatMap((name) => [
      [...container, 'resources', 'requests', name],
      [...container, 'resources', 'limits', name],
    ]),
    ...entries([...container, 'env'], isPlainVariable),
    ...entries([...container, 'envFrom'], isClients),
    ...entries([...container, 'volumeMounts'], (mount) => claimOf(at(job, pod), mount) !== null),
    ...entries([...pod, 'volumes'], isMounted),
  ]
}

/** Places of a list keep their number: a hole is left. */
function remove(value: unknown, path: readonly (string | number)[]): void {
  const parent = at(value, path.slice(0, -1))
  const key = path.at(-1)
  if (parent !== null && typeof parent === 'object' && key !== undefined)
    delete (parent as Record<string | number, unknown>)[key]
}

function leaves(value: unknown, path: string): string[] {
  if (Array.isArray(value))
    return value.flatMap((each, index) => (each === undefined ? [] : leaves(each, `${path}[${index}]`)))
  if (value !== null && typeof value === 'object')
    return Object.entries(value).flatMap(([key, each]) => leaves(each, path === '' ? key : `${path}.${key}`))
  return value === undefined || value === null ? [] : [path]
}
