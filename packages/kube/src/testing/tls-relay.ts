import { connect } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'

export type TlsRelay = { port: number; ca: string; stop(): void }

/**
 * TLS in front of a port of the loopback, with a certificate of its own: Kubernetes' clients show no secret to an address without
 * (k8s.io/client-go tools/clientcmd: credentials are read "only if we are secure").
 */
export async function startTlsRelay(port: number): Promise<TlsRelay> {
  const { testIdentity } = await import('@keelson/kubelite/testing')
  const { ca, cert, key } = await testIdentity(['127.0.0.1'])
  const open = new Set<TLSSocket>()
  const server = createServer({ cert, key }, (client) => {
    const target = connect(port, '127.0.0.1')
    open.add(client)
    client.once('close', () => open.delete(client))
    client.on('error', () => target.destroy())
    target.on('error', () => client.destroy())
    client.pipe(target).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The relay has no port.')
  const stop = () => {
    server.close()
    for (const socket of open) socket.destroy()
  }
  return { port: address.port, ca, stop }
}
