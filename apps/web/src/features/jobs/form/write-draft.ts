/** What the form changes in the YAML: one field at a time, with comments and all that the form does not know left alone. Pure. */
import { type Document, isCollection, parseDocument, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import {
  claimOf,
  clientsMap,
  type Draft,
  dialect,
  isClients,
  isPlainVariable,
  type Policy,
  policyFields,
  type Runs,
  readDraft,
  type TypeDraft,
  type Variable,
  type Volume,
} from './draft.ts'
import {
  at,
  containerPath,
  isPiece,
  listAt,
  type Path,
  podPath,
  policyPath,
  replicasPath,
  restartPath,
  typePath,
} from './places.ts'

/** Text that cannot be read is given back as it is. */
export function edit(yaml: string, change: (document: Document) => void): string {
  const document = parseDocument(yaml, dialect)
  if (document.errors.length > 0) return yaml
  change(document)
  return document.toString({ lineWidth: 0 })
}

/** Sets a field, or takes it away with the parents that it leaves empty. */
function put(document: Document, path: Path, value: unknown): void {
  if (value !== undefined && value !== '') {
    makeParents(document, path)
    document.setIn([...path], value)
    return
  }
  if (!document.hasIn([...path])) return
  document.deleteIn([...path])
  for (let length = path.length - 1; length > 1; length -= 1) {
    const parent = path.slice(0, length)
    const found = document.getIn([...parent])
    if (!isCollection(found) || found.items.length > 0) return
    document.deleteIn([...parent])
  }
}

function makeParents(document: Document, path: Path): void {
  for (let length = 1; length < path.length; length += 1) {
    const parent = path.slice(0, length)
    if (isCollection(document.getIn([...parent], true))) continue
    document.setIn([...parent], typeof path[length] === 'number' ? new YAMLSeq() : new YAMLMap())
  }
}

/** `3` is a number, `1.5` of a CPU may be one; what is no number stays as it was typed, for the server to say so. */
function numberOr(text: string): string | number {
  return /^\d{1,15}$/.test(text.trim()) ? Number(text) : text
}

export function setName(yaml: string, name: string): string {
  return edit(yaml, (document) => put(document, ['metadata', 'name'], name))
}

export function setPolicy(yaml: string, kind: string, change: Partial<Policy>): string {
  return edit(yaml, (document) => {
    for (const name of policyFields) {
      const value = change[name]
      if (value !== undefined) put(document, [...policyPath(kind), name], numberOr(value))
    }
    if (change.completions !== undefined) put(document, ['spec', 'completions'], numberOr(change.completions))
    if (change.cleanPodPolicy !== undefined)
      put(document, [...policyPath(kind), 'cleanPodPolicy'], change.cleanPodPolicy)
  })
}

type Plain = {
  replicas?: string
  restartPolicy?: string
  serviceAccount?: string
  image?: string
  cpu?: string
  memory?: string
}
export type TypeChange = Plain & {
  runs?: Runs
  device?: { name: string; count: string }
  variables?: Variable[]
  hasClients?: boolean
  volumes?: Volume[]
}

/** Changes the fields of one replica type (of a Job, the type `''`). */
export function setType(yaml: string, kind: string, type: string, change: TypeChange): string {
  return edit(yaml, (document) => {
    const job: unknown = document.toJS()
    const [pod, container] = [podPath(kind, type), containerPath(job, kind, type)]
    const { replicas, restartPolicy, serviceAccount, image, runs, device, variables, hasClients, volumes } = change
    if (replicas !== undefined) put(document, replicasPath(kind, type), numberOr(replicas))
    if (restartPolicy !== undefined) put(document, restartPath(kind, type), restartPolicy)
    if (serviceAccount !== undefined) put(document, [...pod, 'serviceAccountName'], serviceAccount)
    if (image !== undefined) put(document, [...container, 'image'], image)
    for (const name of ['cpu', 'memory'] as const) {
      const value = change[name]
      for (const side of ['requests', 'limits']) {
        if (value !== undefined) put(document, [...container, 'resources', side, name], numberOr(value))
      }
    }
    if (device) putDevice(document, container, job, device)
    if (runs) putRuns(document, container, runs)
    if (variables) putVariables(document, container, job, variables)
    if (hasClients !== undefined) putClients(document, container, job, hasClients)
    if (volumes) putVolumes(document, { pod, container }, job, volumes)
  })
}

/** A device is a limit; its request is the same by Kubernetes' own rule. */
function putDevice(
  document: Document,
  container: Path,
  job: unknown,
  { name, count }: { name: string; count: string },
): void {
  const limits = at(job, [...container, 'resources', 'limits'])
  for (const former of Object.keys((limits ?? {}) as object).filter(isPiece)) {
    for (const side of ['requests', 'limits']) put(document, [...container, 'resources', side, former], undefined)
  }
  if (name !== '' && count !== '') put(document, [...container, 'resources', 'limits', name], numberOr(count))
}

function putRuns(document: Document, container: Path, { how, text }: Runs): void {
  const script = () => {
    const scalar = new Scalar(text)
    scalar.type = text.includes('\n') ? Scalar.BLOCK_LITERAL : Scalar.QUOTE_DOUBLE
    return document.createNode([scalar])
  }
  const words = text.split('\n').filter((word) => word !== '')
  const program = { python: ['python', '-u', '-c'], shell: ['sh', '-c'], words, image: [] }[how]
  put(
    document,
    [...container, 'command'],
    program.length === 0 ? undefined : document.createNode(program, { flow: true }),
  )
  put(document, [...container, 'args'], how === 'python' || how === 'shell' ? script() : undefined)
}

/** Variables that come from elsewhere keep their place behind those that are typed. */
function putVariables(document: Document, container: Path, job: unknown, variables: readonly Variable[]): void {
  const others = listAt(job, [...container, 'env']).filter((entry) => !isPlainVariable(entry))
  const all = [...variables.map(({ name, value }) => ({ name, value })), ...others]
  put(document, [...container, 'env'], all.length === 0 ? undefined : document.createNode(all))
}

function putClients(document: Document, container: Path, job: unknown, hasClients: boolean): void {
  const others = listAt(job, [...container, 'envFrom']).filter((entry) => !isClients(entry))
  const all = [...(hasClients ? [{ configMapRef: { name: clientsMap } }] : []), ...others]
  put(document, [...container, 'envFrom'], all.length === 0 ? undefined : document.createNode(all))
}

function putVolumes(
  document: Document,
  { pod, container }: { pod: Path; container: Path },
  job: unknown,
  volumes: readonly Volume[],
): void {
  const podNow = at(job, pod)
  const mounts = listAt(job, [...container, 'volumeMounts'])
  const own = new Set(mounts.filter((mount) => claimOf(podNow, mount) !== null).map((mount) => at(mount, ['name'])))
  const otherMounts = mounts.filter((mount) => claimOf(podNow, mount) === null)
  const usedElsewhere = new Set(otherMounts.map((mount) => at(mount, ['name'])))
  const otherVolumes = listAt(podNow, ['volumes']).filter(
    (volume) => !own.has(at(volume, ['name'])) || usedElsewhere.has(at(volume, ['name'])),
  )
  const taken = new Set(otherVolumes.map((volume) => at(volume, ['name'])))
  const nameOf = new Map<string, string>()
  for (const { claim } of volumes) {
    let name = claim.slice(0, 55).replaceAll(/[^a-z0-9-]/g, '-') || 'volume'
    while (taken.has(name)) name = `${name}-1`
    nameOf.set(claim, name)
  }
  const made = [...nameOf].map(([claim, name]) => ({ name, persistentVolumeClaim: { claimName: claim } }))
  const mounted = volumes.map(({ claim, mountPath }) => ({ name: nameOf.get(claim), mountPath }))
  const list = (all: unknown[]) => (all.length === 0 ? undefined : document.createNode(all))
  put(document, [...pod, 'volumes'], list([...otherVolumes, ...made]))
  put(document, [...container, 'volumeMounts'], list([...otherMounts, ...mounted]))
}

/** A type that was not there begins as a copy of the first one; without a number it goes, but for the last one. */
export function setReplicas(yaml: string, draft: Draft, type: string, replicas: string): string {
  const { kind, types } = draft
  const present = types.some((one) => one.type === type)
  if (present && replicas === '' && types.length > 1)
    return edit(yaml, (document) => put(document, typePath(kind, type), undefined))
  if (present || replicas === '') return setType(yaml, kind, type, { replicas })
  const copied = edit(yaml, (document) => {
    const first = document.getIn([...typePath(kind, types[0]?.type ?? '')], true)
    if (isCollection(first)) document.setIn([...typePath(kind, type)], first.clone())
  })
  return setType(copied, kind, type, { replicas })
}

/** Gives the container of one type to all others. */
export function copyToAll(yaml: string, draft: Draft, from: TypeDraft): string {
  return draft.types.reduce(
    (text, { type }) => (type === from.type ? text : setType(text, draft.kind, type, changeOf(from))),
    yaml,
  )
}

/** What a type's container is, as a change of another one. */
export function changeOf({
  serviceAccount,
  image,
  cpu,
  memory,
  runs,
  variables,
  hasClients,
  volumes,
  device,
  devices,
}: TypeDraft): TypeChange {
  return {
    serviceAccount,
    image,
    cpu,
    memory,
    runs,
    variables,
    hasClients,
    volumes,
    device: { name: device, count: devices },
  }
}

/** Another kind: its own skeleton, with the name, the policy and the first container of the present draft. */
export function toKind(skeleton: string, draft: Draft): string {
  const made = readDraft(skeleton)
  const [first] = draft.types
  if ('fault' in made || !first) return skeleton
  const { completions: _, cleanPodPolicy: __, ...policy } = draft.policy
  const kept = Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== ''))
  const named = setPolicy(setName(skeleton, draft.name), made.kind, kept)
  return made.types.reduce((text, { type }) => setType(text, made.kind, type, changeOf(first)), named)
}
