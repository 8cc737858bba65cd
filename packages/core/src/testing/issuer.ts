import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

export type TestIssuer = {
  issuer: string
  /** An ID token as this provider signs it; what is given replaces the usual claims, undefined leaves one out. */
  idToken(claims: Record<string, unknown>): Promise<string>
  stop(): Promise<void>
}

/** Somebody else's OpenID provider, as far as the gateway sees it: a discovery document, keys, and tokens. */
export async function startTestIssuer(clientId: string, host = '127.0.0.1'): Promise<TestIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const key = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  let issuer = ''
  const server = createServer((request, response) => {
    const documents: Record<string, unknown> = {
      '/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/jwks` },
      '/jwks': { keys: [key] },
    }
    const document = documents[request.url ?? '']
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(document ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  issuer = `http://${host}:${(server.address() as AddressInfo).port}`
  return {
    issuer,
    idToken: (claims) => {
      const now = Math.floor(Date.now() / 1000)
      const usual = { iss: issuer, aud: clientId, iat: now, exp: now + 300, email_verified: true }
      return new SignJWT({ ...usual, ...claims } as JWTPayload)
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .sign(privateKey)
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
