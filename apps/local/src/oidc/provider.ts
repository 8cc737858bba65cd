import Provider, { type Configuration, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import type { ProviderKeys } from './keys-file.ts'
import { errorPage, logoutPage, signedOutPage } from './pages.ts'
import type { PeopleFile } from './people-file.ts'
import type { RecordStore } from './record-store.ts'

export const mountPath = '/oidc'

export type ProviderOptions = {
  /** The platform's own address. */
  url: string
  clientId: string
  clientSecret: string
  people: PeopleFile
  keys: ProviderKeys
  records: RecordStore
}

const scopes = 'openid email profile groups'
const day = 86_400

/** An OpenID provider for one client, the platform's own web server: authorization code with PKCE, no consent page, log-out. */
export function createProvider(options: ProviderOptions): Provider {
  const { url, people, keys, records } = options
  const configuration: Configuration = {
    adapter: records.adapter,
    clients: [
      {
        client_id: options.clientId,
        client_secret: options.clientSecret,
        client_name: 'Keelson',
        redirect_uris: [`${url}/api/auth/callback/oidc`],
        post_logout_redirect_uris: [`${url}/login`, `${url}/`, url],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
      },
    ],
    jwks: keys.jwks as NonNullable<Configuration['jwks']>,
    cookies: {
      keys: keys.cookieKeys,
      names: { session: 'keelson-oidc', interaction: 'keelson-oidc-interaction', resume: 'keelson-oidc-resume' },
      long: { signed: true, httpOnly: true, sameSite: 'lax', path: mountPath },
      short: { signed: true, httpOnly: true, sameSite: 'lax' },
    },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
    // The gateway reads the person from the ID token itself and asks no userinfo.
    conformIdTokenClaims: false,
    scopes: scopes.split(' '),
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => void html(ctx, logoutPage(form, isAskedByPlatform(ctx))),
        postLogoutSuccessSource: (ctx) => void html(ctx, signedOutPage(url)),
      },
    },
    findAccount: (_ctx, subject) => {
      const person = people.find(subject)
      if (person === null) return undefined
      const { email, name, groups } = person
      return { accountId: email, claims: async () => ({ sub: email, email, email_verified: true, name, groups }) }
    },
    interactions: {
      url: (_ctx, interaction) => `${mountPath}/interaction/${interaction.uid}`,
      policy: policyFor(people),
    },
    loadExistingGrant: grantAll,
    renderError: (ctx, out) => {
      const text = out.error_description ?? out.error
      html(ctx, errorPage('This sign-in cannot go on', `${text.charAt(0).toUpperCase()}${text.slice(1)}.`, url))
    },
    ttl: {
      Session: 14 * day,
      Grant: 14 * day,
      Interaction: 3_600,
      AuthorizationCode: 60,
      AccessToken: 3_600,
      IdToken: 3_600,
    },
  }
  const provider = new Provider(`${url}${mountPath}`, configuration)
  // It is only reached through the gateway, which says by X-Forwarded-* how it was reached and takes nobody else's word for it.
  provider.proxy = true
  return provider
}

/** Sign-in only, never consent; and again for somebody who is no longer in people.yaml. */
function policyFor(people: PeopleFile) {
  const policy = interactionPolicy.base()
  policy.remove('consent')
  policy.get('login')?.checks.add(
    new interactionPolicy.Check('account_gone', 'The account does not exist any more', (ctx) => {
      const account = ctx.oidc.session?.accountId
      return account !== undefined && people.find(account) === null
    }),
  )
  return policy
}

/** Its one client is the platform itself: what it asks for is granted. */
async function grantAll(ctx: KoaContextWithOIDC) {
  const { session, client, provider, account } = ctx.oidc
  if (!session || !client || !account) return undefined
  const kept = session.grantIdFor(client.clientId)
  const existing = kept === undefined ? undefined : await provider.Grant.find(kept)
  if (existing !== undefined && existing.accountId === account.accountId) return existing
  const grant = new provider.Grant({ clientId: client.clientId, accountId: account.accountId })
  grant.addOIDCScope(scopes)
  await grant.save()
  return grant
}

/** Another site that sends a browser here only gets the question, never the deed. */
function isAskedByPlatform(ctx: KoaContextWithOIDC): boolean {
  return ctx.oidc.entities.IdTokenHint !== undefined || ctx.get('sec-fetch-site') === 'same-origin'
}

function html(ctx: KoaContextWithOIDC, body: string): void {
  ctx.type = 'html'
  ctx.body = body
}
