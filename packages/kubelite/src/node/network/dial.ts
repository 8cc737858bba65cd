import { spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'

const relay = fileURLToPath(new URL('./relay.mjs', import.meta.url))

/**
 * A TCP connection from inside the network of process `pid`, for what listens at that network's own loopback. Its halves close
 * one by one. Throws with the system's words when nobody answers.
 */
export function dialInNetworkOf(pid: number, host: string, port: number): Promise<Duplex> {
  const words = ['--target', String(pid), '--net', '--', process.execPath, '--no-warnings', relay, host, String(port)]
  const child = spawn('nsenter', words, { env: {}, stdio: ['pipe', 'pipe', 'pipe'] })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`the network of process ${pid} is gone`)))
    child.stderr.once('data', (line: Buffer) => {
      const said = line.toString('utf8').trim()
      if (said !== 'connected') return reject(new Error(said))
      child.stderr.resume()
      const duplex = Duplex.from({ readable: child.stdout, writable: child.stdin })
      duplex.once('close', () => child.kill())
      duplex.on('error', () => duplex.destroy())
      resolve(duplex)
    })
  })
}
