import { createServer } from 'node:net'
import type { PodRecord } from './pod-record.ts'
import { lastingContainers, type PodSpec } from './types.ts'

/**
 * A pod's own loopback address, 127.x.y.z, chosen from its uid and never one that is `used`. Only Linux answers on all of
 * 127.0.0.0/8; elsewhere every pod is at 127.0.0.1.
 */
export function chooseAddress(uid: string, used: ReadonlySet<string>): string {
  if (process.platform !== 'linux') return '127.0.0.1'
  let hash = 2166136261
  for (const char of uid) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619) >>> 0
  for (let step = 0; step < 65536; step += 1) {
    const value = (hash + step * 7919) % (200 * 250 * 250)
    const address = `127.${16 + Math.floor(value / 62500)}.${1 + (Math.floor(value / 250) % 250)}.${2 + (value % 250)}`
    if (!used.has(address)) return address
  }
  return '127.0.0.1'
}

/**
 * The sentence for the first declared port that something else listens on already; null when all are free. In a namespace of
 * the pod's own nothing does; there its host ports are looked at.
 */
export async function takenPort(
  spec: PodSpec,
  { podIP, network = 'shared' }: Pick<PodRecord, 'podIP' | 'network'>,
): Promise<string | null> {
  const address = network === 'shared' ? podIP : '0.0.0.0'
  for (const container of lastingContainers(spec)) {
    for (const { containerPort, hostPort, hostIP, protocol = 'TCP' } of container.ports ?? []) {
      const port = network === 'namespaced' ? hostPort : containerPort
      if (protocol !== 'TCP' || !port) continue
      const at = network === 'namespaced' ? hostIP || address : address
      if (!(await isFree(at, port))) {
        return `port ${port} of container ${container.name} is already taken at ${at} by another process of this machine: end that process or choose another port`
      }
    }
  }
  return null
}

function isFree(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'))
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
