import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@keelson/process/clock'
import { readBody } from '@keelson/process/http-body'
import type { Logger } from '@keelson/process/logger'
import type Provider from 'oidc-provider'
import { errors } from 'oidc-provider'
import { errorPage, loginPage } from './pages.ts'
import { createPasswordLimit, samePassword } from './password-limit.ts'
import type { PeopleFile } from './people-file.ts'
import { mountPath } from './provider.ts'

export type SignInOptions = { provider: Provider; people: PeopleFile; clock: Clock; log: Logger; home: string }

/** The login form of one interaction: shown on GET, tried on POST. */
export function createSignIn({ provider, people, clock, log, home }: SignInOptions) {
  const limit = createPasswordLimit(clock)
  /** Why not; null when the password is right. The same words and the same work for an e-mail that is nobody's. */
  const faultOf = (email: string, password: string): string | null => {
    const waitMs = limit.waitMs(email)
    if (waitMs > 0) return `Too many wrong passwords. Try again in ${Math.ceil(waitMs / 1000)} seconds.`
    const person = people.find(email)
    const isRight = samePassword(password, person?.password ?? '\0')
    if (person !== null && isRight) {
      limit.succeeded(email)
      return null
    }
    limit.failed(email)
    return 'The e-mail or the password is wrong.'
  }
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let details: Awaited<ReturnType<Provider['interactionDetails']>>
    try {
      details = await provider.interactionDetails(request, response)
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error
      return sendHtml(
        response,
        400,
        errorPage('This sign-in has ended', 'It was left open for too long, or was begun in another browser.', home),
      )
    }
    const action = `${mountPath}/interaction/${details.uid}`
    const hinted = details.params.login_hint
    if (request.method !== 'POST') {
      return sendHtml(
        response,
        200,
        loginPage({ action, email: typeof hinted === 'string' ? hinted.slice(0, 253) : '', fault: null }),
      )
    }
    const form = new URLSearchParams((await readBody(request, 16 * 1024)).toString('utf8'))
    const email = (form.get('email') ?? '').trim().toLowerCase().slice(0, 253)
    const fault = faultOf(email, form.get('password') ?? '')
    log.info('sign-in', { actor: email, succeeded: fault === null })
    if (fault !== null)
      return sendHtml(response, limit.waitMs(email) > 0 ? 429 : 401, loginPage({ action, email, fault }))
    await provider.interactionFinished(
      request,
      response,
      { login: { accountId: email } },
      { mergeWithLastSubmission: false },
    )
  }
}

function sendHtml(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(body)
}
