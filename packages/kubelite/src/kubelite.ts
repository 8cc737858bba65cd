/** The whole of kubelite: API server, workload controllers and the node of this machine. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@keelson/process/clock'
import { silentLogger } from '@keelson/process/logger'
import { type ApiServer, type ApiServerOptions, startApiServer } from './api-server.ts'
import type { NodeUsage } from './client.ts'
import { startControllers } from './controllers/index.ts'
import { kubernetesVersion } from './http/non-resource.ts'
import { openImageTable } from './images/index.ts'
import { type StartNodeOptions, startNode } from './node/index.ts'

export type KubeliteOptions = ApiServerOptions & {
  /** A person's own image table, which adds to the built-in one. */
  imagesFile?: string | undefined
  /** Settings of the node; false: none (pods stay Pending). */
  node?:
    | Partial<
        Pick<
          StartNodeOptions,
          'nodeName' | 'cacheDir' | 'environmentsDir' | 'mountMode' | 'hostEnv' | 'podNetwork' | 'podDoors'
        >
      >
    | false
}

export type Kubelite = ApiServer

/** Starts everything in order and stops it in reverse; pods go on running when kubelite stops. */
export async function startKubelite(options: KubeliteOptions): Promise<Kubelite> {
  const log = options.logger ?? silentLogger
  const clock = options.clock ?? systemClock
  const api = await startApiServer(options)
  const stops: (() => Promise<void>)[] = [() => api.stop()]
  const stopAll = async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  }
  try {
    let usage: (() => Promise<NodeUsage>) | null = null
    const controllers = startControllers({
      client: api.client('system:kube-controller-manager'),
      log,
      clock,
      usage: async () => (usage === null ? null : usage()),
    })
    stops.push(() => controllers.stop())
    if (options.node !== false) {
      const caFile = join(options.stateFolder, 'ca.crt')
      writeFileSync(caFile, api.ca, { mode: 0o644 })
      const node = await startNode({
        ...options.node,
        client: api.client('system:node'),
        stateDir: join(options.stateFolder, 'node'),
        log,
        clock,
        images: openImageTable({ userFile: options.imagesFile }),
        advertisedApiUrl: api.url,
        caFile,
        version: kubernetesVersion.gitVersion,
      })
      stops.push(() => node.stop())
      api.setNode(node.nodeApi)
      usage = () => node.nodeApi.usage()
    }
  } catch (error) {
    await stopAll()
    throw error
  }
  return { ...api, stop: stopAll }
}
