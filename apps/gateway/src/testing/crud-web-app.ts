import type { TestGateway } from './start-gateway.ts'

export type CrudAnswer = { status: number; body: Record<string, never> & { success: boolean; log: string } }
export type CrudCall = { method?: string; body?: unknown; csrf?: boolean }

/**
 * Asks one of Kubeflow's web apps as its page does, with somebody's session and, for what changes something, the cookie and the header
 * that prove it. Who has no cookie in `cookies` asks as nobody.
 */
export function crudWebApp(
  gateway: () => TestGateway,
  app: 'jupyter' | 'volumes' | 'tensorboards',
  cookies: ReadonlyMap<string, string>,
): (who: string, path: string, call?: CrudCall) => Promise<CrudAnswer> {
  return async (who, path, { method = 'GET', body, csrf = true } = {}) => {
    const { url } = gateway()
    const cookie = cookies.get(who)
    const proof = csrf && method !== 'GET' ? '; XSRF-TOKEN=abc' : ''
    const answer = await fetch(`${url}/${app}/${path}`, {
      method,
      headers: {
        ...(cookie ? { cookie: `${cookie}${proof}`, origin: url } : {}),
        ...(proof ? { 'x-xsrf-token': 'abc' } : {}),
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as CrudAnswer['body'] }
  }
}
