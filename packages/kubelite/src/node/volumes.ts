import { existsSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { KubeliteClient } from '../client.ts'
import { type ConfigReader, ContainerConfigError } from './container-env.ts'
import { fieldValue, type PodFacts, resourceValue } from './downward.ts'
import type { DownwardItem, KeyToPath, Projection, Volume } from './types.ts'
import { type VolumeFile, writeVolumeFiles } from './volume-files.ts'

export type VolumeContext = {
  facts: PodFacts
  podDir: string
  config: ConfigReader
  /** Where the volume of a claim lies. Throws {@link VolumeError} while it has none. */
  claimPath(name: string): { path: string; mustExist: boolean }
  requestToken: KubeliteClient['requestToken']
  /** Tokens that were handed out, by volume and path, with the time after which a new one is asked for. */
  tokens: Map<string, { token: string; renewAt: number }>
  now(): number
}

/** A volume that cannot be set up yet: message of the pod's FailedMount event. */
export class VolumeError extends Error {}

export type ReadyVolume = { path: string; readOnly: boolean }
type Files = Map<string, VolumeFile>

const readOnlyKinds = ['configMap', 'secret', 'projected', 'downwardAPI']

/**
 * Sets up a volume, or brings it up to date (ConfigMaps, Secrets, labels and tokens change while a pod runs). Throws
 * {@link VolumeError} when something that it needs is missing, and for kinds that this node does not have.
 */
export async function ensureVolume(context: VolumeContext, volume: Volume): Promise<ReadyVolume> {
  const path = join(context.podDir, 'volumes', volume.name)
  if (volume.emptyDir !== undefined) {
    await mkdir(path, { recursive: true })
    await chmod(path, 0o777)
    return { path, readOnly: false }
  }
  if (volume.persistentVolumeClaim) {
    const { claimName, readOnly = false } = volume.persistentVolumeClaim
    const { path: claim, mustExist } = context.claimPath(claimName)
    if (!existsSync(claim) && mustExist)
      throw new VolumeError(`hostPath type check failed: ${claim} is not a directory`)
    if (!existsSync(claim)) await mkdir(claim, { recursive: true })
    return { path: claim, readOnly }
  }
  const files: Files = new Map()
  if (volume.configMap) {
    await addConfigMap(context, files, volume.configMap, volume.configMap.defaultMode)
  } else if (volume.secret) {
    await addSecret(
      context,
      files,
      { ...volume.secret, name: volume.secret.secretName ?? '' },
      volume.secret.defaultMode,
    )
  } else if (volume.downwardAPI) {
    addDownward(context, files, volume.downwardAPI.items, volume.downwardAPI.defaultMode)
  } else if (volume.projected) {
    for (const source of volume.projected.sources ?? [])
      await addProjection(context, files, volume.name, source, volume.projected.defaultMode)
  } else {
    const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown'
    const advice = kind === 'hostPath' ? ': use a PersistentVolumeClaim' : ''
    throw new VolumeError(`volume "${volume.name}" is of kind ${kind}, which this node does not offer${advice}`)
  }
  await writeVolumeFiles(path, files)
  return { path, readOnly: true }
}

/** True for the kinds whose content follows the cluster while the pod runs. */
export function isLiveVolume(volume: Volume): boolean {
  return readOnlyKinds.some((kind) => volume[kind] !== undefined)
}

async function addProjection(
  context: VolumeContext,
  files: Files,
  volume: string,
  source: Projection,
  mode: number | undefined,
): Promise<void> {
  if (source.configMap) await addConfigMap(context, files, source.configMap, mode)
  if (source.secret) await addSecret(context, files, source.secret, mode)
  if (source.downwardAPI) addDownward(context, files, source.downwardAPI.items, mode)
  if (source.serviceAccountToken) {
    const { path } = source.serviceAccountToken
    put(files, path, Buffer.from(await currentToken(context, volume, source.serviceAccountToken)), mode)
  }
}

/** Renewed when 80 % of its life is over, or after a day, as the kubelet's token manager does. */
async function currentToken(
  context: VolumeContext,
  volume: string,
  asked: NonNullable<Projection['serviceAccountToken']>,
): Promise<string> {
  const key = `${volume}/${asked.path}`
  const held = context.tokens.get(key)
  if (held && context.now() < held.renewAt) return held.token
  const { metadata, spec } = context.facts.pod
  const account = { namespace: metadata.namespace ?? '', name: spec.serviceAccountName ?? 'default' }
  const boundPod = { name: metadata.name ?? '', uid: metadata.uid ?? '' }
  const audiences = asked.audience ? [asked.audience] : []
  try {
    const { token, expiresAt } = await context.requestToken(account, {
      audiences,
      expirationSeconds: asked.expirationSeconds ?? 3600,
      boundPod,
    })
    const life = expiresAt.getTime() - context.now()
    context.tokens.set(key, { token, renewAt: context.now() + Math.min(life * 0.8, 86_400_000) })
    return token
  } catch (error) {
    throw new VolumeError(`failed to fetch token: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

type ConfigSource = { name?: string; items?: KeyToPath[]; optional?: boolean }

async function addConfigMap(
  context: VolumeContext,
  files: Files,
  source: ConfigSource,
  mode: number | undefined,
): Promise<void> {
  const map = await context.config.configMap(source.name ?? '')
  if (map === null && !source.optional) throw new VolumeError(`configmap "${source.name}" not found`)
  const text = Object.entries(map?.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const)
  const binary = Object.entries(map?.binaryData ?? {}).map(
    ([key, value]) => [key, Buffer.from(value, 'base64')] as const,
  )
  addKeys(files, new Map([...text, ...binary]), source, mode, `configmap references non-existent config key`)
}

async function addSecret(
  context: VolumeContext,
  files: Files,
  source: ConfigSource,
  mode: number | undefined,
): Promise<void> {
  const secret = await context.config.secret(source.name ?? '')
  if (secret === null && !source.optional) throw new VolumeError(`secret "${source.name}" not found`)
  const data = Object.entries(secret?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const)
  addKeys(files, new Map(data), source, mode, `references non-existent secret key`)
}

function addKeys(
  files: Files,
  data: ReadonlyMap<string, Buffer>,
  source: ConfigSource,
  mode: number | undefined,
  missing: string,
): void {
  if (!source.items || source.items.length === 0) {
    for (const [key, content] of data) put(files, key, content, mode)
    return
  }
  for (const item of source.items) {
    const content = data.get(item.key)
    if (content === undefined) {
      if (source.optional) continue
      throw new VolumeError(`${missing}: ${item.key}`)
    }
    put(files, item.path, content, item.mode ?? mode)
  }
}

function addDownward(
  context: VolumeContext,
  files: Files,
  items: readonly DownwardItem[] | undefined,
  mode: number | undefined,
): void {
  for (const item of items ?? []) {
    try {
      const [first] = context.facts.pod.spec.containers
      const value = item.fieldRef
        ? fieldValue(context.facts, item.fieldRef.fieldPath)
        : item.resourceFieldRef && first
          ? resourceValue(context.facts, first, item.resourceFieldRef)
          : ''
      put(files, item.path, Buffer.from(value), item.mode ?? mode)
    } catch (error) {
      throw new VolumeError(error instanceof Error ? error.message : String(error))
    }
  }
}

function put(files: Files, path: string, content: Buffer, mode: number | undefined): void {
  if (path.startsWith('/') || path.split('/').includes('..'))
    throw new ContainerConfigError(`invalid path "${path}" in a volume`)
  files.set(path, { content, mode: mode ?? 0o644 })
}
