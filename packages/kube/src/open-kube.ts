import { AppError } from '@keelson/process/app-error'
import type { Logger } from '@keelson/process/logger'
import { silentLogger } from '@keelson/process/logger'
import type { KubeApi } from './api.ts'
import { kubeApi } from './client.ts'
import { connect } from './connection.ts'

export type OpenKubeOptions = {
  /** Which cluster: a kubeconfig's current context, or the pod that this process runs in. */
  cluster: { kubeconfigPath: string } | { inCluster: true }
  log?: Logger
}

export type OpenedKube = {
  kube: KubeApi
  /** The API server's address, for people to read. */
  server: string
  /** Closes the kept sockets; informers and logs are stopped by their own signals. */
  close(): void
}

/**
 * Opens the Kubernetes API. The client library is loaded here and not with this module: it takes a third of a second and
 * tens of megabytes, which those who only want types and queues need not pay.
 */
export async function openKube(options: OpenKubeOptions): Promise<OpenedKube> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  try {
    if ('inCluster' in options.cluster) config.loadFromCluster()
    else config.loadFromFile(options.cluster.kubeconfigPath)
  } catch (cause) {
    throw new AppError('unavailable', 'The kubeconfig cannot be read.', { cause })
  }
  const connection = connect(config)
  return {
    kube: kubeApi(connection, options.log ?? silentLogger),
    server: config.getCurrentCluster()?.server ?? '',
    close: connection.close,
  }
}
