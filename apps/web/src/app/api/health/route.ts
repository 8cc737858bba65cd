export const dynamic = 'force-dynamic'

/** Says that this server renders; whether the platform behind it works, the gateway's /readyz says. */
export function GET(): Response {
  return new Response('ok\n', { headers: { 'content-type': 'text/plain', 'cache-control': 'no-store' } })
}
