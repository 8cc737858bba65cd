import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, stat, writeFile } from 'node:fs/promises'
import { isAbsolute, join, normalize } from 'node:path'
import type { HostEnvironment } from '../images/env.ts'
import type { PulledImage } from '../images/index.ts'
import { type Attempt, attemptDir, launchAttempt, prepareAttempt } from './attempt.ts'
import { type ConfigReader, ContainerConfigError, containerEnv } from './container-env.ts'
import type { PodFacts } from './downward.ts'
import { etcMounts, needsEtcFiles } from './etc-files.ts'
import { expand } from './expand.ts'
import { type Mount, type MountMode, mountScript, unshareWords } from './mounts.ts'
import type { PodEntrance } from './network/index.ts'
import { terminalWords } from './terminal.ts'
import type { Container } from './types.ts'
import type { ReadyVolume } from './volumes.ts'

export type StartInput = {
  facts: PodFacts
  container: Container
  image: PulledImage
  podDir: string
  number: number
  crashes: number
  volumes: ReadonlyMap<string, ReadyVolume>
  config: ConfigReader
  mountMode: MountMode
  hostEnv: HostEnvironment
  api: { host: string; port: string; caFile: string }
  entrance: PodEntrance
  now(): Date
  onChange(): void
}

const accountPath = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Starts a container's next attempt. Throws {@link ContainerConfigError} for what the person can put right. */
export async function startContainer(input: StartInput): Promise<Attempt> {
  const { container, image, podDir, mountMode, entrance } = input
  refuseUnsupported(container)
  const dir = attemptDir(podDir, container.name, input.number)
  const id = randomBytes(32).toString('hex')
  const env = await fullEnv(input, id)
  const lookup = (name: string) => env[name]
  const command = (container.command?.length ? container.command : image.command).map((word) => expand(word, lookup))
  const args = (container.args?.length ? container.args : container.command?.length ? [] : image.args).map((word) =>
    expand(word, lookup),
  )
  if (command.length + args.length === 0) throw new ContainerConfigError('no command specified', 'CreateContainerError')
  await prepareAttempt(dir)
  if (image.files !== null) await copyFiles(image.files, join(dir, 'work'))
  const mounts = await containerMounts(input, dir, lookup)
  const workDir = placeWorkDir(input, dir, mounts)
  if (mountMode === 'none') await offerAccountByKubeconfig(input, dir, env, mounts)
  const { hostName } = entrance
  const script = mountScript({ podDir, attemptDir: dir, workDir, mounts: mountMode === 'none' ? [] : mounts, hostName })
  const argv = [
    ...(container.tty ? await terminalWords(input.hostEnv) : []),
    ...entrance.words,
    ...(mountMode === 'none' || mounts.length === 0 ? [] : unshareWords(mountMode, hostName !== null)),
    '/bin/sh',
    '-c',
    script,
    'sh',
    ...command,
    ...args,
  ]
  const spec = {
    id,
    argv,
    env,
    cwd: podDir,
    image: container.image ?? '',
    imageId: image.id,
    crashes: input.crashes,
    namespaced: mountMode !== 'none' && mounts.length > 0,
    networked: entrance.words.length > 0,
    workDir,
    tty: container.tty ?? false,
    stdin: container.stdin ?? false,
    createdAt: input.now().toISOString(),
  }
  return launchAttempt(dir, input.number, spec, input.onChange)
}

/** What this node does not do is said at the start, and not found out later by what happens. */
function refuseUnsupported(container: Container): void {
  const foreign = container.restartPolicyRules?.find(({ action }) => action !== 'Restart')
  if (foreign)
    throw new ContainerConfigError(`restart rules with the action ${foreign.action} are not supported by this node`)
}

async function fullEnv(input: StartInput, id: string): Promise<Record<string, string>> {
  const { facts, container, image, api } = input
  const service = {
    KUBERNETES_SERVICE_HOST: api.host,
    KUBERNETES_SERVICE_PORT: api.port,
    KUBERNETES_SERVICE_PORT_HTTPS: api.port,
  }
  const own = await containerEnv(facts, container, input.config, service)
  const base: Record<string, string> = {
    PATH: [...image.path, input.hostEnv.PATH ?? '/usr/local/bin:/usr/bin:/bin'].join(':'),
    HOSTNAME: input.entrance.hostName ?? facts.pod.spec.hostname ?? facts.pod.metadata.name ?? '',
    LANG: 'C.UTF-8',
    ...(container.tty ? { TERM: 'xterm' } : {}),
    ...image.env,
  }
  const dir = attemptDir(input.podDir, container.name, input.number)
  return { HOME: join(dir, 'work'), ...base, ...own, KEELSON_CONTAINER: id }
}

/** Links are resolved and caches left out: what is copied is what a person would put into an image. */
async function copyFiles(from: string, to: string): Promise<void> {
  if (!existsSync(from))
    throw new ContainerConfigError(`the image's files are not there: ${from}`, 'CreateContainerError')
  await cp(from, to, {
    recursive: true,
    dereference: true,
    filter: (path) => !/[/\\](node_modules|__pycache__|\.git)$/.test(path),
  })
}

async function containerMounts(
  input: StartInput,
  dir: string,
  lookup: (name: string) => string | undefined,
): Promise<Mount[]> {
  const { container } = input
  const mounts: Mount[] = []
  for (const mount of container.volumeMounts ?? []) {
    const volume = input.volumes.get(mount.name)
    if (!volume) throw new ContainerConfigError(`volume "${mount.name}" of container ${container.name} is not there`)
    const target = normalize(isAbsolute(mount.mountPath) ? mount.mountPath : `/${mount.mountPath}`).replace(
      /(.)\/$/,
      '$1',
    )
    if (target === '/') throw new ContainerConfigError('a volume cannot be mounted at /')
    const subPath = mount.subPathExpr ? expand(mount.subPathExpr, lookup) : (mount.subPath ?? '')
    const source = await subPathOf(volume.path, subPath)
    mounts.push({
      source,
      target,
      readOnly: (mount.readOnly ?? false) || volume.readOnly,
      file: (await stat(source)).isFile(),
    })
  }
  const message = container.terminationMessagePath || '/dev/termination-log'
  if (input.mountMode !== 'none')
    mounts.push({ source: join(dir, 'termination-log'), target: message, readOnly: false, file: true })
  if (input.mountMode === 'none') {
    if (needsEtcFiles(input.facts.pod))
      throw new ContainerConfigError(
        'hostAliases and dnsConfig need mount namespaces on this machine (Linux, as root or with unprivileged user namespaces)',
      )
    return mounts
  }
  const own = await etcMounts(input.facts.pod, input.podDir, input.entrance.hosts)
  return [...mounts, ...own.filter(({ target }) => !mounts.some((mount) => mount.target === target))]
}

async function subPathOf(volume: string, subPath: string): Promise<string> {
  if (subPath === '') return volume
  if (isAbsolute(subPath) || subPath.split('/').includes('..'))
    throw new ContainerConfigError(`subPath "${subPath}" must stay inside its volume`)
  const path = join(volume, subPath)
  if (!existsSync(path)) await mkdir(path, { recursive: true })
  return path
}

/** A working directory that neither the host nor a volume has is the container's own folder, seen at that path. */
function placeWorkDir(input: StartInput, dir: string, mounts: Mount[]): string {
  const own = join(dir, 'work')
  const asked = input.container.workingDir
  if (!asked) return own
  const inVolume = mounts.some((mount) => asked === mount.target || asked.startsWith(`${mount.target}/`))
  if (!inVolume && !existsSync(asked) && input.mountMode !== 'none')
    mounts.push({ source: own, target: asked, readOnly: false, file: false })
  return asked
}

/**
 * Without mount namespaces nothing can be seen at its path. The service account is offered through a kubeconfig then,
 * which Kubernetes' own clients read; any other volume keeps the container from starting.
 */
async function offerAccountByKubeconfig(
  input: StartInput,
  dir: string,
  env: Record<string, string>,
  mounts: readonly Mount[],
): Promise<void> {
  for (const mount of mounts) {
    if (mount.target !== accountPath) {
      throw new ContainerConfigError(
        `a volume cannot be mounted at ${mount.target} on this machine: it needs mount namespaces (Linux, as root or with unprivileged user namespaces)`,
      )
    }
    if (env.KUBECONFIG) continue
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'kubelite',
          cluster: { server: `https://${input.api.host}:${input.api.port}`, 'certificate-authority': input.api.caFile },
        },
      ],
      users: [{ name: 'pod', user: { tokenFile: join(mount.source, 'token') } }],
      contexts: [
        { name: 'pod', context: { cluster: 'kubelite', user: 'pod', namespace: input.facts.pod.metadata.namespace } },
      ],
      'current-context': 'pod',
    }
    // JSON is YAML.
    await writeFile(join(dir, 'kubeconfig'), JSON.stringify(config), { mode: 0o600 })
    env.KUBECONFIG = join(dir, 'kubeconfig')
  }
}
