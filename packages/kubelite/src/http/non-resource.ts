/** Everything that is no resource: health, version, discovery, OpenAPI, the issuer's documents. */

import { refusalText } from '../auth/rbac.ts'
import { methodNotAllowed, noSuchPath, StatusError } from '../status-error.ts'
import { type Call, sendText } from './context.ts'
import { aggregated, apiGroup, apiGroupList, apiVersions, resourceList } from './discovery.ts'
import { sendHealth } from './health.ts'
import {
  digest,
  openApiPath,
  openApiV2,
  openApiV2Encoded,
  openApiV3,
  openApiV3Hash,
  openApiV3Index,
} from './openapi.ts'
import { openApiV2Answered, openApiV2Asked } from './openapi-protobuf.ts'

/** The Kubernetes release whose behaviour kubelite follows. */
export const kubernetesVersion = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.3+kubelite',
}

export async function handleNonResource(call: Call): Promise<void> {
  const { server, url, request, user } = call
  const path = url.pathname.length > 1 ? url.pathname.replace(/\/$/, '') : url.pathname
  const verb = (request.method ?? 'GET').toLowerCase()
  const isOpen = /^\/(healthz|livez|readyz|version)(\/.*)?$/.test(path)
  if (!isOpen && !server.authorizer.authorize(user, { verb, group: '', resource: '', path: url.pathname }).allowed) {
    const text = refusalText(user, { verb, group: '', resource: '', path: url.pathname })
    throw new StatusError(403, 'Forbidden', `forbidden: ${text}`, {})
  }
  if (verb !== 'get' && verb !== 'head') throw isKnown(path) ? methodNotAllowed() : noSuchPath()
  if (!answer(call, path)) throw noSuchPath()
}

const isKnown = (path: string) => /^\/(apis?|version|healthz|livez|readyz|openapi)/.test(path)

/** False when nothing is served at `path`. */
function answer(call: Call, path: string): boolean {
  const { response } = call
  if (sendHealth(call, path)) return true
  if (path === '/openapi/v2' && (call.request.headers.accept ?? '').startsWith(openApiV2Asked))
    return sendOpenApiV2Protobuf(call)
  if (path.startsWith('/openapi/v3/')) return sendOpenApiV3(call, path.slice('/openapi/v3/'.length))
  const body = documentAt(call, path)
  if (body === null) return false
  const text = path === '/version' ? JSON.stringify(body, null, 2) : JSON.stringify(body)
  const type = response.getHeader('Content-Type')
  if ((path === '/openapi/v2' || type !== undefined) && isKnownTo(call, digest(text))) return true
  sendText(
    response,
    200,
    path === '/version' ? text : `${text}\n`,
    String(type ?? 'application/json'),
    [],
    type === undefined ? {} : { 'Cache-Control': 'public' },
  )
  return true
}

function sendOpenApiV2Protobuf(call: Call): boolean {
  const { encoded, hash } = openApiV2Encoded(call.server.registry)
  if (isKnownTo(call, hash)) return true
  sendText(call.response, 200, encoded, openApiV2Answered)
  return true
}

/** Sets the ETag; answers 304 and is true when the client has that very document. */
function isKnownTo({ request, response }: Call, hash: string): boolean {
  response.setHeader('ETag', `"${hash}"`)
  response.setHeader('Vary', 'Accept')
  const known = (request.headers['if-none-match'] ?? '')
    .split(',')
    .some((tag) => tag.trim().replace(/^W\//, '') === `"${hash}"`)
  if (!known) return false
  response.statusCode = 304
  response.setHeader('Cache-Control', 'no-cache, private')
  response.end()
  return true
}

/** With the right `hash` the answer may be kept for ever; with another one the client is sent to the right one. */
function sendOpenApiV3(call: Call, name: string): boolean {
  const { server, response, url } = call
  if (!server.registry.all().some((resource) => openApiPath(resource) === name)) return false
  const hash = openApiV3Hash(server.registry, name)
  const asked = url.searchParams.get('hash')
  if (asked !== null && asked !== hash) {
    response.setHeader('Location', `/openapi/v3/${name}?hash=${hash}`)
    sendText(response, 301, '', 'application/json')
    return true
  }
  if (isKnownTo(call, hash)) return true
  const cache =
    asked === null
      ? {}
      : {
          'Cache-Control': 'public, immutable',
          Expires: new Date(server.clock.now().getTime() + 31_536_000_000).toUTCString(),
        }
  sendText(response, 200, JSON.stringify(openApiV3(server.registry, name)), 'application/json', [], cache)
  return true
}

function documentAt(call: Call, path: string): object | null {
  const { server } = call
  const { registry } = server
  if (path === '/version')
    return {
      ...kubernetesVersion,
      gitCommit: '',
      gitTreeState: 'clean',
      buildDate: '',
      goVersion: '',
      compiler: 'node',
      platform: `${process.platform}/${process.arch}`,
    }
  if (path === '/')
    return {
      paths: [
        '/api',
        '/api/v1',
        '/apis',
        '/healthz',
        '/livez',
        '/openapi/v2',
        '/openapi/v3',
        '/openid/v1/jwks',
        '/readyz',
        '/version',
      ],
    }
  if (path === '/api')
    return wantsAggregated(call) ? aggregated(registry, true) : apiVersions(server.url.replace('https://', ''))
  if (path === '/apis') return wantsAggregated(call) ? aggregated(registry, false) : apiGroupList(registry)
  if (path === '/openapi/v2') return openApiV2(registry)
  if (path === '/openapi/v3') return openApiV3Index(registry)
  if (path === '/openid/v1/jwks') return jwksOf(call)
  if (path === '/.well-known/openid-configuration') return openIdConfiguration(call)
  const parts = path.split('/').filter(Boolean)
  if (parts[0] === 'api' && parts.length === 2) return resourceList(registry, '', parts[1] ?? '')
  if (parts[0] === 'apis' && parts.length === 2) return apiGroup(registry, parts[1] ?? '')
  if (parts[0] === 'apis' && parts.length === 3) return resourceList(registry, parts[1] ?? '', parts[2] ?? '')
  return null
}

/** The v2 aggregated form, when the client lists it before plain JSON. */
function wantsAggregated(call: Call): boolean {
  const accept = (call.request.headers.accept ?? '').replaceAll(' ', '')
  const wants = /as=APIGroupDiscoveryList/.test(accept) && /v=v2(?![a-z0-9])/.test(accept)
  if (wants)
    call.response.setHeader('Content-Type', 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList')
  return wants
}

const jwksOf = (call: Call): object => call.server.jwks
const openIdConfiguration = (call: Call): object => ({
  issuer: call.server.tokens.issuer,
  jwks_uri: `${call.server.url}/openid/v1/jwks`,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['ES256'],
})
