import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { z } from 'zod'
import { writeWhole } from '../home/home.ts'

const Keys = z.object({
  jwks: z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })).min(1) }),
  cookieKeys: z.array(z.string().min(32)).min(1),
})
export type ProviderKeys = { jwks: { keys: JWK[] }; cookieKeys: string[] }

/** The signing keys and cookie keys of this installation, made on the first start and readable by its user only. */
export async function openKeysFile(path: string): Promise<ProviderKeys> {
  if (existsSync(path)) {
    const parsed = Keys.safeParse(readJson(path))
    if (!parsed.success) throw new Error(`${path} is damaged: delete it, and everybody signs in again.`)
    return parsed.data as ProviderKeys
  }
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true })
  const key: JWK = { ...(await exportJWK(privateKey)), kid: randomBytes(8).toString('hex'), alg: 'RS256', use: 'sig' }
  const keys: ProviderKeys = { jwks: { keys: [key] }, cookieKeys: [randomBytes(32).toString('base64url')] }
  writeWhole(path, JSON.stringify(keys))
  return keys
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}
