/**
 * Just enough X.509 (RFC 5280) to be one's own CA: ECDSA P-256 certificates in DER. A library for this brings a dependency
 * container and a reflection polyfill; what is needed is one structure.
 */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
}

function der(kind: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const length =
    content.length < 128
      ? Buffer.from([content.length])
      : content.length < 256
        ? Buffer.from([0x81, content.length])
        : Buffer.from([0x82, content.length >> 8, content.length & 255])
  return Buffer.concat([Buffer.from([kind]), length, content])
}

const sequence = (...parts: Uint8Array[]) => der(tag.sequence, ...parts)
/** Explicit context tag `[n]`. */
const explicit = (number: number, ...parts: Uint8Array[]) => der(0xa0 | number, ...parts)
const bits = (content: Uint8Array, unused = 0) => der(tag.bitString, Buffer.from([unused]), content)

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const number of rest) {
    const groups = [number & 127]
    for (let left = number >> 7; left > 0; left >>= 7) groups.unshift((left & 127) | 128)
    bytes.push(...groups)
  }
  return der(tag.oid, Buffer.from(bytes))
}

/** UTCTime until 2049, GeneralizedTime after (RFC 5280 §4.1.2.5). */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '')
  return date.getUTCFullYear() < 2050
    ? der(tag.utcTime, Buffer.from(digits.slice(2)))
    : der(tag.generalizedTime, Buffer.from(digits))
}

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'))
const commonName = (name: string) => sequence(der(tag.set, sequence(oid('2.5.4.3'), der(tag.utf8, Buffer.from(name)))))
const critical = der(tag.boolean, Buffer.from([0xff]))
const extension = (id: string, value: Uint8Array, isCritical = false) =>
  sequence(oid(id), ...(isCritical ? [critical] : []), der(tag.octetString, value))

/** DNS names and IPv4 addresses; kubelite serves on no other. */
function alternativeNames(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    /^\d+\.\d+\.\d+\.\d+$/.test(host)
      ? der(0x87, Buffer.from(host.split('.').map(Number)))
      : der(0x82, Buffer.from(host)),
  )
  return extension('2.5.29.17', sequence(...names))
}

const keyId = (publicKey: KeyObject) =>
  createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()

export type Issuer = { name: string; privateKey: KeyObject }
export type CertificateRequest = {
  subject: string
  publicKey: KeyObject
  issuer: Issuer
  notBefore: Date
  notAfter: Date
  hosts?: readonly string[]
  isCa: boolean
}

/** A signed certificate as PEM. */
export function makeCertificate(request: CertificateRequest): string {
  const { issuer, isCa } = request
  const extensions = [
    extension('2.5.29.19', isCa ? sequence(critical) : sequence(), true),
    // keyCertSign, cRLSign and digitalSignature for a CA; digitalSignature for a server.
    extension('2.5.29.15', isCa ? bits(Buffer.from([0x86]), 1) : bits(Buffer.from([0x80]), 7), true),
    extension('2.5.29.14', der(tag.octetString, keyId(request.publicKey))),
    extension('2.5.29.35', sequence(der(0x80, keyId(createPublicKey(issuer.privateKey))))),
    ...(isCa
      ? []
      : [extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'))), alternativeNames(request.hosts ?? [])]),
  ]
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  const body = sequence(
    explicit(0, der(tag.integer, Buffer.from([2]))),
    der(tag.integer, serial),
    ecdsaWithSha256,
    commonName(issuer.name),
    sequence(time(request.notBefore), time(request.notAfter)),
    commonName(request.subject),
    request.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions)),
  )
  const certificate = sequence(body, ecdsaWithSha256, bits(sign('sha256', body, issuer.privateKey)))
  return `-----BEGIN CERTIFICATE-----\n${(certificate.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`
}

export const newKeyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const privatePem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()
