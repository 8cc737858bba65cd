/**
 * A filled-in form → the Notebook and the claims that are made, held against the installation's configuration here: what the page does not
 * offer, the server does not take. Pure. Upstream: crud-web-apps/jupyter, `form.py` and `notebook_template.yaml`.
 */
import { type Notebook, notebookAnnotations, type PodDefault } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { ServerType, SpawnForm, VolumeWish } from '@keelson/contracts/notebooks'
import { quantityOf } from '@keelson/kube'
import { fault } from '../objects/index.ts'
import { notebookPrefix } from './notebook.rules.ts'
import { imageGroupOf, imagesOf, readOnlyFields, type SpawnerConfig } from './spawner-config.rules.ts'
import { planVolumes, type WishedVolume } from './spawner-volumes.rules.ts'

export type SpawnFacts = {
  workspace: string
  creator: string
  podDefaults: readonly PodDefault[]
  /** The names of the workspace's claims. */
  claims: readonly string[]
  /** What makes a name unique that only says how it begins. */
  suffix: string
}
export type Spawned = { notebook: Notebook; claims: KubeObject[] }

export const notebookServiceAccount = 'default-editor'
const shmName = 'dshm'

/** Throws `invalid` with the field at fault, `already_exists` for a new volume whose name is taken. */
export function spawned(config: SpawnerConfig, form: SpawnForm, facts: SpawnFacts): Spawned {
  refuseReadOnly(config, form)
  const { workspace } = facts
  const { name, serverType } = form
  const shm = form.shm ?? config.shm.value
  const volumes = planVolumes(wishedVolumes(config, form), {
    workspace,
    notebook: name,
    existing: facts.claims,
    suffix: facts.suffix,
  })
  const affinity = affinityOf(config, form.affinityConfig)
  const environment = form.environment ?? config.environment.value
  const notebook: Notebook = {
    apiVersion: 'kubeflow.org/v1',
    kind: 'Notebook',
    metadata: {
      name,
      namespace: workspace,
      labels: {
        app: name,
        ...configurationLabels(form.configurations ?? config.configurations.value, facts.podDefaults),
      },
      annotations: {
        [notebookAnnotations.creator]: facts.creator,
        ...serverAnnotations(serverType, { workspace, name }),
      },
    },
    spec: {
      template: {
        spec: {
          serviceAccountName: notebookServiceAccount,
          containers: [
            {
              name,
              image: imageOf(config, form),
              imagePullPolicy: form.imagePullPolicy ?? config.imagePullPolicy.value,
              env: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
              resources: resourcesOf(config, form),
              volumeMounts: [...volumes.volumeMounts, ...(shm ? [{ name: shmName, mountPath: '/dev/shm' }] : [])],
            },
          ],
          volumes: [...volumes.volumes, ...(shm ? [{ name: shmName, emptyDir: { medium: 'Memory' } }] : [])],
          tolerations: tolerationsOf(config, form.tolerationGroup),
          ...(affinity === null ? {} : { affinity }),
        },
      },
    },
  }
  return { notebook, claims: volumes.claims }
}

/** A field that the installation fixed must not be sent at all, as upstream has it; nor what would change it by another name. */
export function refuseReadOnly(config: SpawnerConfig, form: Partial<SpawnForm>): void {
  const also: Readonly<Record<string, readonly string[]>> = {
    image: ['customImage'],
    cpu: ['cpuLimit'],
    memory: ['memoryLimit'],
  }
  for (const readOnly of readOnlyFields(config)) {
    for (const field of [readOnly, ...(also[readOnly] ?? [])]) {
      const value = (form as Record<string, unknown>)[field]
      // Other groups' images are not held by what fixes JupyterLab's.
      const isOther = readOnly === 'image' && (form.serverType ?? 'jupyter') !== 'jupyter'
      if (value === undefined || value === '' || isOther) continue
      throw fault(field, `'${field}' is readonly but a value was provided: ${JSON.stringify(value)}`)
    }
  }
}

function imageOf(config: SpawnerConfig, { serverType, image, customImage, customImageCheck }: SpawnForm): string {
  const group = imageGroupOf(config, serverType)
  if (group === undefined) throw fault('serverType', `Servers of the type ${serverType} are not offered here.`)
  const isCustom = customImageCheck === true || (image === undefined && Boolean(customImage))
  const wanted = isCustom ? customImage : image
  if (isCustom && !wanted) throw fault('customImage', 'No value provided for: customImage')
  if (wanted === undefined) return group.value
  checkImage(config, serverType, wanted, isCustom ? 'customImage' : 'image')
  return wanted
}

/** Throws `invalid` for an image that is not of the list, where only those of the list may be used. */
export function checkImage(config: SpawnerConfig, serverType: ServerType, image: string, field: string): void {
  const group = imageGroupOf(config, serverType)
  const offered = group === undefined ? [] : imagesOf(group).map((one) => one.image)
  if (offered.includes(image)) return
  if (group?.readOnly) throw fault(field, `The image is fixed here: ${group.value}.`)
  if (config.allowCustomImage) return
  throw fault(field, `The image ${image} is not offered here: choose one of ${offered.join(', ')}.`)
}

/** Requests and limits: a limit that is not said is the request times the configured factor. */
export function resourcesOf(
  config: SpawnerConfig,
  form: Pick<SpawnForm, 'cpu' | 'cpuLimit' | 'memory' | 'memoryLimit' | 'gpus'>,
): { requests: Record<string, string>; limits: Record<string, string> } {
  const { cpu = config.cpu.value, memory = config.memory.value } = form
  for (const [field, value] of [
    ['cpu', cpu],
    ['memory', memory],
  ] as const)
    if (!(quantityOf(value) > 0)) throw fault(field, `Invalid value for ${field}: ${value}`)
  const limits = {
    ...limitOf('cpu', cpu, form.cpuLimit, config.cpu.limitFactor),
    ...limitOf('memory', memory, form.memoryLimit, config.memory.limitFactor),
    ...gpuLimits(config, form.gpus),
  }
  return { requests: { cpu, memory }, limits }
}

function limitOf(
  field: 'cpu' | 'memory',
  request: string,
  wanted: string | null | undefined,
  factor: number | 'none',
): Record<string, string> {
  if (wanted === undefined || wanted === null || wanted === '')
    return factor === 'none' ? {} : { [field]: timesFactor(request, factor) }
  if (quantityOf(wanted) < quantityOf(request))
    throw fault(`${field}Limit`, `The limit ${wanted} is below the request ${request}.`)
  return { [field]: wanted }
}

/** In the request's own unit: `1.0Gi` × 1.2 = `1.2Gi`. Whole where a part of the unit would be a part of a byte. */
function timesFactor(request: string, factor: number): string {
  const [, number = '', unit = ''] = /^([\d.]+)(.*)$/.exec(request) ?? []
  const product = Number(number) * factor
  const isWhole = ['m', 'Ki', 'k', 'Mi', 'M'].includes(unit)
  return `${isWhole ? Math.ceil(product - 1e-6) : Math.round(product * 1000) / 1000}${unit}`
}

function gpuLimits(config: SpawnerConfig, wanted: SpawnForm['gpus']): Record<string, string> {
  const { num, vendor = '' } = wanted ?? config.gpus.value
  if (num === 'none' || num === 0) return {}
  const offered = config.gpus.value.vendors.map(({ limitsKey }) => limitsKey)
  if (vendor === '') throw fault('gpus.vendor', "'gpus' must have a 'vendor' field")
  if (!offered.includes(vendor))
    throw fault('gpus.vendor', `${vendor} is not offered here: choose one of ${offered.join(', ') || 'none'}.`)
  return { [vendor]: String(num) }
}

function wishedVolumes(config: SpawnerConfig, form: SpawnForm): WishedVolume[] {
  const home: VolumeWish | null | undefined =
    form.workspace === undefined ? config.workspaceVolume.value : form.workspace
  const data = form.datavols ?? config.dataVolumes.value
  return [
    ...(home ? [{ field: 'workspace', wish: home }] : []),
    ...data.map((wish, index) => ({ field: `datavols.${index}`, wish })),
  ]
}

/** The labels that make the chosen PodDefaults match. Any other label would be a way to make something else match. */
function configurationLabels(wanted: readonly string[], podDefaults: readonly PodDefault[]): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const key of wanted) {
    const found = podDefaults.find(({ spec }) => Object.hasOwn(spec.selector.matchLabels ?? {}, key))
    if (!found) throw fault('configurations', `There is no PodDefault with the label ${key} in this workspace.`)
    Object.assign(labels, found.spec.selector.matchLabels)
  }
  return labels
}

/** code-server and RStudio know no prefix: theirs is cut off, and RStudio is told it in a header. */
export function serverAnnotations(
  type: ServerType,
  where: { workspace: string; name: string },
): Record<string, string> {
  const prefix = notebookPrefix(where)
  return {
    [notebookAnnotations.serverType]: type,
    ...(type === 'jupyter' ? {} : { [notebookAnnotations.rewriteUri]: '/' }),
    ...(type === 'group-two'
      ? { [notebookAnnotations.requestHeaders]: JSON.stringify({ 'X-RStudio-Root-Path': prefix }) }
      : {}),
  }
}

const isNone = (key: string) => key === '' || key === 'none'

function tolerationsOf({ tolerationGroup }: SpawnerConfig, wanted = tolerationGroup.value): unknown[] {
  if (isNone(wanted)) return []
  const found = tolerationGroup.options.find(({ groupKey }) => groupKey === wanted)
  if (!found) throw fault('tolerationGroup', `There is no toleration group ${wanted}.`)
  return found.tolerations
}

function affinityOf({ affinityConfig }: SpawnerConfig, wanted = affinityConfig.value): object | null {
  if (isNone(wanted)) return null
  const found = affinityConfig.options.find(({ configKey }) => configKey === wanted)
  if (!found) throw fault('affinityConfig', `There is no affinity configuration ${wanted}.`)
  return found.affinity
}
