/**
 * Brings the platform up in order, keeps its processes running, and takes it down in reverse order. Owns the state folder
 * while it runs. Knows how the parts are started, nothing of what they do.
 */
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@keelson/process/logger'
import type { LocalEnv } from '../env.ts'
import { Fault } from '../fault.ts'
import { type Home, openHome } from '../home/home.ts'
import { lockHome } from '../home/lock.ts'
import { openSettings, type Settings, saveSettings } from '../home/settings.ts'
import { openPeopleFile } from '../oidc/people-file.ts'
import { keepRunning, type ManagedProcess, type ProcessSpec } from '../processes/managed-process.ts'
import { endOrphans } from '../processes/orphans.ts'
import { pickPort, requireFrontPorts } from '../processes/ports.ts'
import { guessAdvertisedHost, ownAddresses } from './advertised.ts'
import { type ClusterAdmin, openClusterAdmin } from './cluster-admin.ts'
import { type PlatformDatabase, startEmbeddedDatabase, useOwnDatabase } from './database.ts'
import { type GatewayClient, gatewayClient } from './gateway-client.ts'
import { installManifests } from './install-cluster.ts'
import { claimCluster, type Installation, installationId, keepClaim, refuseSecond } from './installation.ts'
import { type ClusterAccess, readKubeconfig } from './kubeconfig.ts'
import { endPods } from './leftovers.ts'
import { moveIssuer } from './move-issuer.ts'
import * as parts from './parts.ts'
import { writePeopleKubeconfig } from './people-kubeconfig.ts'
import { choosePodNetwork } from './pod-network.ts'
import { writeServiceKubeconfigs } from './service-kubeconfigs.ts'
import { type PlatformState, removeState, writeState } from './state-file.ts'
import { installWebhook, prepareWebhook } from './webhook.ts'

export type Platform = {
  home: Home
  state: PlatformState
  gateway: GatewayClient
  /** Resolves, with a sentence, when another installation has taken the cluster over. */
  lost: Promise<string>
  stop(): Promise<void>
}

export type SupervisorOptions = {
  env: LocalEnv
  /** Replaces another installation that runs the cluster. */
  takeOver: boolean
  /** One short line for the person per step. */
  report: (step: string) => void
  log: (home: Home) => Logger
}

/** Resolves when everything serves. On a failure what was started is stopped again, and one sentence is thrown. */
export async function startPlatform(options: SupervisorOptions): Promise<Platform> {
  const home = openHome(options.env.KEELSON_HOME)
  const unlock = lockHome(home)
  const undo: (() => Promise<void> | void)[] = [unlock, () => removeState(home)]
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    return { ...(await bringUp(home, options, undo)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

type Undo = (() => Promise<void> | void)[]

async function bringUp(
  home: Home,
  { env, takeOver, report, log: openLog }: SupervisorOptions,
  undo: Undo,
): Promise<Omit<Platform, 'stop'>> {
  const log = openLog(home)
  const settings = openSettings(home)
  removeState(home)
  await endOrphans(home, log)
  const podHosts = env.KEELSON_ADVERTISED_URL === undefined ? [] : await ownAddresses(env.KEELSON_ADVERTISED_URL)
  await requireFrontPorts(env.KEELSON_PORT, podHosts)
  const ports = await pickPorts(settings, env)
  report(env.DATABASE_URL === undefined ? 'Starting Postgres' : 'Preparing the database')
  const database = await openDatabase(home, env, settings, log)
  undo.push(() => database.stop())
  const url = `http://localhost:${env.KEELSON_PORT}`
  const podNetwork = await choosePodNetwork(home, env, report)
  const webhookHosts = env.KUBECONFIG === undefined ? ['127.0.0.1'] : podHosts
  const wiring: parts.Wiring = {
    env,
    home,
    settings,
    ports,
    url,
    pods: { url: env.KEELSON_ADVERTISED_URL ?? podNetwork.url ?? url, hosts: podHosts, network: podNetwork.network },
    contentUrl: `http://127.0.0.1:${env.KEELSON_PORT + 1}`,
    notebooksUrl: `http://127.0.0.1:${env.KEELSON_PORT + 2}`,
    databaseUrl: database.url,
    webhook:
      webhookHosts.length === 0 ? null : prepareWebhook(home, settings.secrets.internal, ports.webhook, webhookHosts),
  }
  const run = (spec: ProcessSpec): ManagedProcess => {
    const managed = keepRunning(spec, home, log)
    undo.push(() => managed.stop())
    return managed
  }

  const { issuer, embedded: embeddedIdentity } = parts.identity(wiring)
  if (embeddedIdentity && settings.issuer !== undefined && settings.issuer !== issuer) {
    await moveIssuer(database.url, settings.issuer, issuer)
  }
  saveSettings(home, {
    ...settings,
    ports: { ...ports, ...(database.port === null ? {} : { postgres: database.port }) },
    ...(embeddedIdentity ? { issuer } : {}),
  })
  // These two need no cluster: they come up while it does.
  const early = [run(parts.web(wiring)), ...(embeddedIdentity ? [run(parts.oidc(wiring))] : [])]
  report(env.KUBECONFIG === undefined ? 'Starting kubelite' : 'Preparing the cluster')
  const cluster = await openCluster(wiring, run, undo)
  if (!cluster.embedded) await tellWhetherPodsReachUs(cluster.admin, env, report)
  const { promise: lost, resolve: onLost } = Promise.withResolvers<string>()
  const installation = { id: await installationId(database.url), home, takeOver }
  const release = await enterCluster(cluster, installation, { log, report, onLost })
  undo.push(release)
  if (wiring.webhook !== null) await installWebhook(cluster.admin, wiring.webhook, cluster.embedded)
  else report('PodDefaults are not applied: the API server does not reach this machine (KEELSON_ADVERTISED_URL)')
  const renewMs = await writeServiceKubeconfigs(home, cluster.admin, cluster.access)
  undo.push(keepServiceTokens(home, cluster, renewMs, log))

  report('Starting the gateway, the controller and the dashboard')
  const apps = [run(parts.gateway(wiring)), run(parts.controller(wiring))]
  await Promise.all([...early, ...apps].map((app) => app.ready()))

  const gateway = gatewayClient(`http://127.0.0.1:${env.KEELSON_PORT}`, settings.secrets.internal)
  // A cluster of one's own does not know our tokens: its people log in there as they always do.
  const ownKubeconfig = embeddedIdentity && cluster.embedded
  if (ownKubeconfig) {
    const emails = openPeopleFile(home.file('people.yaml'), log)
      .list()
      .map(({ email }) => email)
    await writePeopleKubeconfig(home, cluster.access, emails, gateway)
  }
  const state: PlatformState = {
    url: wiring.url,
    contentUrl: wiring.contentUrl,
    notebooksUrl: wiring.notebooksUrl,
    kubeconfig: ownKubeconfig ? home.file('kubeconfig') : cluster.kubeconfig,
    databaseUrl: database.url,
    embeddedIdentity,
    adminKubeconfig: cluster.kubeconfig,
  }
  writeState(home, state)
  return { home, state, gateway, lost }
}

/** Makes the cluster ours, unless it is another's; returns what ends the watch over it. kubelite is never anybody else's. */
async function enterCluster(
  { admin, embedded }: Cluster,
  installation: Installation,
  { log, report, onLost }: { log: Logger; report: (line: string) => void; onLost: (sentence: string) => void },
): Promise<() => void> {
  if (!embedded) await refuseSecond(admin, installation)
  const left = await installManifests(admin)
  for (const crd of left) report(`${crd} was made by somebody else: left as it is`)
  if (embedded) return () => {}
  await claimCluster(admin, installation)
  return keepClaim(admin, installation, { log, onLost })
}

async function pickPorts(settings: Settings, env: LocalEnv): Promise<parts.Wiring['ports']> {
  const taken = [
    env.KEELSON_PORT,
    env.KEELSON_PORT + 1,
    env.KEELSON_PORT + 2,
    ...(settings.ports.postgres === undefined ? [] : [settings.ports.postgres]),
  ]
  const pick = async (name: keyof parts.Wiring['ports']) => {
    const port = await pickPort(settings.ports[name], taken)
    taken.push(port)
    return port
  }
  return {
    kubelite: await pick('kubelite'),
    oidc: await pick('oidc'),
    web: await pick('web'),
    controller: await pick('controller'),
    webhook: await pick('webhook'),
  }
}

function openDatabase(home: Home, env: LocalEnv, settings: Settings, log: Logger): Promise<PlatformDatabase> {
  if (env.DATABASE_URL !== undefined) return useOwnDatabase(env.DATABASE_URL)
  const avoid = [env.KEELSON_PORT, env.KEELSON_PORT + 1, env.KEELSON_PORT + 2]
  return startEmbeddedDatabase({ home, log, avoid, password: settings.secrets.postgres, port: settings.ports.postgres })
}

type Cluster = { admin: ClusterAdmin; access: ClusterAccess; kubeconfig: string; embedded: boolean }

/** kubelite, or the cluster of `KUBECONFIG`. */
async function openCluster(
  wiring: parts.Wiring,
  run: (spec: ProcessSpec) => ManagedProcess,
  undo: Undo,
): Promise<Cluster> {
  const own = wiring.env.KUBECONFIG
  if (own !== undefined) {
    const access = readKubeconfig(own)
    const admin = openClusterAdmin(access)
    const ready = await admin.isReady().catch(() => false)
    if (!ready)
      throw new Fault(
        `The cluster at ${access.server} does not answer: check KUBECONFIG (${own}), or unset it to use the embedded one.`,
      )
    return { admin, access, kubeconfig: own, embedded: false }
  }
  const kubeconfig = parts.kubeliteAdminKubeconfig(wiring.home)
  undo.push(async () => void (await endPods(wiring.home)))
  const isReady = async () => existsSync(kubeconfig) && (await openClusterAdmin(readKubeconfig(kubeconfig)).isReady())
  await run(parts.kubelite(wiring, isReady)).ready()
  const access = readKubeconfig(kubeconfig)
  return { admin: openClusterAdmin(access), access, kubeconfig, embedded: true }
}

/** The front is never opened to a network unasked: who brings a cluster is told what to set. */
async function tellWhetherPodsReachUs(admin: ClusterAdmin, env: LocalEnv, report: (line: string) => void) {
  if (env.KEELSON_ADVERTISED_URL !== undefined) return
  const host = await guessAdvertisedHost(admin)
  const name =
    host === null ? 'http://HOST:PORT' : `http://${host.includes(':') ? `[${host}]` : host}:${env.KEELSON_PORT}`
  report(
    `Pods of this cluster do not reach localhost: set KEELSON_ADVERTISED_URL${host === null ? '' : `, probably to ${name}`}`,
  )
}

/** Renews the service accounts' tokens at half of their life; returns what ends that. */
function keepServiceTokens(home: Home, cluster: Cluster, firstMs: number, log: Logger): () => void {
  const stopping = new AbortController()
  const keep = async () => {
    let waitMs = firstMs
    while (!stopping.signal.aborted) {
      await sleep(waitMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {})
      if (stopping.signal.aborted) return
      try {
        waitMs = await writeServiceKubeconfigs(home, cluster.admin, cluster.access)
      } catch (error) {
        log.error('service tokens not renewed', { error })
        waitMs = 10_000
      }
    }
  }
  void keep()
  return () => stopping.abort()
}
