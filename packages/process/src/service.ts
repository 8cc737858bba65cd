import type { Logger } from './logger.ts'

/**
 * A long-lived part of a process. `start` acquires and returns once it is usable; `done` settles when it ended by itself
 * (rejected = it broke); `stop` releases everything and is safe to call twice.
 */
export type RunningService = { done: Promise<void>; stop(reason: string): Promise<void> }
export type Service = { name: string; start(signal: AbortSignal): Promise<RunningService> }

const forceAfterMs = 5_000

/**
 * Starts services in order and stops them in reverse order on SIGINT, SIGTERM, or when one of them ends. A second signal,
 * or five seconds, forces the exit. Resolves with the exit code.
 */
export async function runServices(services: readonly Service[], log: Logger): Promise<number> {
  const abort = new AbortController()
  const running: { name: string; service: RunningService }[] = []
  const asked = new Promise<string>((resolve) => {
    let signals = 0
    const onSignal = (signal: NodeJS.Signals) => {
      signals += 1
      if (signals > 1) process.exit(1)
      resolve(signal)
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
  let code = 0
  try {
    for (const service of services) {
      running.push({ name: service.name, service: await service.start(abort.signal) })
    }
    log.info('started', { services: services.map((service) => service.name) })
    const ended = running.map(({ name, service }) => service.done.then(() => `${name} ended`))
    const reason = await Promise.race([asked, ...ended])
    log.info('stopping', { reason })
    if (reason !== 'SIGINT' && reason !== 'SIGTERM') code = 1
  } catch (error) {
    log.error('failed', { error })
    code = 1
  }
  abort.abort()
  const force = setTimeout(() => process.exit(code || 1), forceAfterMs)
  for (const { name, service } of running.reverse()) {
    await service.stop('shutdown').catch((error) => log.error('stop failed', { name, error }))
  }
  clearTimeout(force)
  return code
}
