import { isAllowed } from '@keelson/core/access'
import type { Ctx } from '@keelson/core/context'
import { connectQuestion, type WebAppName, type WebAppRoutes } from '@keelson/core/webapps'

type OpenCall = WebAppName & { core: Ctx; uid: string; end(): void }

export type WebAppCalls = {
  /** Watches over a call until the returned function is called. */
  track(call: OpenCall): () => void
  stop(): void
}

/** Changes come in bursts: open calls are looked at once for each. */
const gatherMs = 100

/**
 * Ends requests and sockets when their caller may no longer open the web app, and when it is stopped, deleted or
 * another of the same name. While permissions cannot be read nobody is thrown out.
 */
export function watchWebAppCalls(routes: WebAppRoutes, access: Pick<Ctx['access'], 'onChange'>): WebAppCalls {
  const open = new Set<OpenCall>()
  let looking: NodeJS.Timeout | null = null
  const look = () => {
    looking = null
    for (const call of [...open]) if (isOver(routes, call)) call.end()
  }
  const lookSoon = () => {
    looking ??= setTimeout(look, gatherMs).unref()
  }
  const stops = [routes.onChange(lookSoon), access.onChange(lookSoon)]
  return {
    track: (call) => {
      open.add(call)
      return () => open.delete(call)
    },
    stop: () => {
      if (looking) clearTimeout(looking)
      for (const stop of stops) stop()
    },
  }
}

function isOver(routes: WebAppRoutes, call: OpenCall): boolean {
  const route = routes.find(call)
  if (route === null || route.uid !== call.uid || route.isStopped) return true
  try {
    return !isAllowed(call.core, connectQuestion(call))
  } catch {
    return false
  }
}
