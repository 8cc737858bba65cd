import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AppError } from '@keelson/process/app-error'
import { releaseBody, sendError } from '@keelson/process/http-body'

/** A page instead of a notebook: what is the matter, in a sentence, and where to go. */
export type Page = { title: string; link: { href: string; text: string }; refreshSeconds?: number }

const policy =
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
const escaped = (text: string) => text.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`)

/** A person who opens an address gets the page; a script or a program gets JSON. */
export function sendFailure(
  request: IncomingMessage,
  response: ServerResponse,
  error: AppError,
  requestId: string,
  page: Page,
): void {
  if (response.headersSent || !(request.headers.accept ?? '').includes('text/html')) {
    sendError(request, response, error, requestId)
    return
  }
  releaseBody(request, response)
  const refresh =
    page.refreshSeconds === undefined ? '' : `<meta http-equiv="refresh" content="${page.refreshSeconds}">`
  const body = `<!doctype html><html lang="en"><meta charset="utf-8">${refresh}<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${escaped(page.title)}</title><body style="font-family:system-ui;display:grid;place-content:center;min-height:90vh;text-align:center;padding:1rem"><h1 style="font-size:1.25rem">${escaped(page.title)}</h1><p>${escaped(error.message)}</p>${refresh === '' ? '' : '<p>This page tries again by itself.</p>'}<p><a href="${escaped(page.link.href)}">${escaped(page.link.text)}</a></p></body></html>`
  response
    .writeHead(error.httpStatus, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    .end(body)
}
