/** Keys and certificates of the state folder: made once, kept with mode 0600. */
import { createPrivateKey, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeCertificate, newKeyPair, privatePem } from './certificate.ts'

export type KeyPair = { privatePem: string; publicPem: string }
export type ServingIdentity = { ca: string; cert: string; key: string }

/** Whole or not at all, and readable by the owner only. */
export function writeSecretFile(path: string, text: string): void {
  const partial = `${path}.${process.pid}.partial`
  writeFileSync(partial, text, { mode: 0o600 })
  renameSync(partial, path)
}

/** The content of `path`, made with `make` when it is not there. */
function keep(path: string, make: () => string): string {
  if (!existsSync(path)) writeSecretFile(path, make())
  return readFileSync(path, 'utf8')
}

export function loadAdminToken(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return keep(join(folder, 'admin.token'), () => randomBytes(32).toString('base64url')).trim()
}

export function loadServiceAccountKeys(folder: string): KeyPair {
  const text = keep(join(folder, 'service-account.json'), () => {
    const pair = newKeyPair()
    return JSON.stringify({
      privatePem: privatePem(pair.privateKey),
      publicPem: pair.publicKey.export({ type: 'spki', format: 'pem' }),
    })
  })
  return JSON.parse(text) as KeyPair
}

const dayMs = 86_400_000
const caName = 'kubelite-ca'

/** For a server beside the API server too, in a folder of its own. A CA made once, and a serving certificate for `hosts` made new at each start. */
export function loadServingIdentity(folder: string, hosts: readonly string[], now: Date): ServingIdentity {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const notBefore = new Date(now.getTime() - dayMs)
  const text = keep(join(folder, 'ca.json'), () => {
    const pair = newKeyPair()
    const issuer = { name: caName, privateKey: pair.privateKey }
    const cert = makeCertificate({
      subject: caName,
      publicKey: pair.publicKey,
      issuer,
      notBefore,
      notAfter: new Date(now.getTime() + 3650 * dayMs),
      isCa: true,
    })
    return JSON.stringify({ cert, key: privatePem(pair.privateKey) })
  })
  const ca = JSON.parse(text) as { cert: string; key: string }
  const pair = newKeyPair()
  const issuer = { name: caName, privateKey: createPrivateKey(ca.key) }
  const cert = makeCertificate({
    subject: 'kubelite',
    publicKey: pair.publicKey,
    issuer,
    notBefore,
    notAfter: new Date(now.getTime() + 825 * dayMs),
    hosts,
    isCa: false,
  })
  return { ca: ca.cert, cert, key: privatePem(pair.privateKey) }
}
