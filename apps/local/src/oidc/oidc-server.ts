import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { systemClock } from '@keelson/process/clock'
import { sendJson } from '@keelson/process/http-body'
import { httpService } from '@keelson/process/http-server'
import type { Logger } from '@keelson/process/logger'
import type { Service } from '@keelson/process/service'
import type { OidcEnv } from './env.ts'
import { openKeysFile } from './keys-file.ts'
import { samePassword } from './password-limit.ts'
import { openPeopleFile, type PeopleFile } from './people-file.ts'
import { createProvider, mountPath } from './provider.ts'
import { openRecordStore } from './record-store.ts'
import { createSignIn } from './sign-in.ts'

const pruneEveryMs = 3_600_000

/** The embedded identity provider as a service. The caller has asked `whyNotEmbedded` first. */
export async function openOidcServer(
  env: OidcEnv,
  log: Logger,
  onListening?: (port: number) => void,
): Promise<Service> {
  const url = env.KEELSON_URL.replace(/\/+$/, '')
  const people = openPeopleFile(join(env.KEELSON_HOME, 'people.yaml'), log)
  const records = openRecordStore(join(env.KEELSON_HOME, 'oidc', 'records'))
  const keys = await openKeysFile(join(env.KEELSON_HOME, 'oidc', 'keys.json'))
  const provider = createProvider({
    url,
    clientId: env.OIDC_CLIENT_ID,
    clientSecret: env.OIDC_CLIENT_SECRET,
    people,
    keys,
    records,
  })
  provider.on('server_error', (_ctx, error) => log.error('provider failed', { error }))
  const callback = provider.callback()
  const signIn = createSignIn({ provider, people, clock: systemClock, log, home: url })
  const prune = setInterval(records.prune, pruneEveryMs)
  prune.unref()
  return httpService({
    name: 'oidc',
    hosts: ['127.0.0.1'],
    port: env.KEELSON_OIDC_PORT,
    log,
    ...(onListening === undefined ? {} : { onListening }),
    handle: async (request, response) => {
      const path = (request.url ?? '').split('?', 1)[0] ?? ''
      if (path === '/healthz') return sendJson(response, 200, { ok: true })
      if (!path.startsWith(`${mountPath}/`))
        return sendJson(response, 404, { message: 'There is nothing at this address.' })
      if (path.startsWith(`${mountPath}/internal/`))
        return answerInternal(env.KEELSON_INTERNAL_SECRET, people, path, request, response)
      if (path.startsWith(`${mountPath}/interaction/`)) return signIn(request, response)
      // The provider learns where it is mounted from the two addresses together, as from Express.
      Object.assign(request, { originalUrl: request.url })
      request.url = (request.url ?? '').slice(mountPath.length)
      await callback(request, response)
    },
  })
}

/** `GET /oidc/internal/people/<e-mail>` for the gateway, which makes tokens for scripts. */
function answerInternal(
  secret: string,
  people: PeopleFile,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const given = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
  const email = /^\/oidc\/internal\/people\/([^/]+)$/.exec(path)?.[1]
  const person = samePassword(given, secret) && email !== undefined ? people.find(decodeURIComponent(email)) : null
  if (person === null) sendJson(response, 404, { message: 'There is nothing at this address.' })
  else
    sendJson(response, 200, { subject: person.email, username: person.email, name: person.name, groups: person.groups })
}
