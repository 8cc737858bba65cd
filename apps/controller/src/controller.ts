/**
 * The control plane: makes true what custom resources ask for, and writes down what happened. Any number may run; one
 * leads and works, the others wait. Must not know HTTP requests, people's sessions or React.
 */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type OpenedContext, openContext } from '@keelson/core/context'
import { keepCreator } from '@keelson/core/training'
import { leadWith } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { sendJson } from '@keelson/process/http-body'
import { httpService } from '@keelson/process/http-server'
import type { Logger } from '@keelson/process/logger'
import { createMetrics, type Gauge, metricsContentType } from '@keelson/process/metrics'
import type { RunningService, Service } from '@keelson/process/service'
import type { ControllerEnv } from './env.ts'
import { followKindOwners } from './kind-owners.ts'
import { openInformers } from './parts.ts'
import { asPlatform } from './platform-actor.ts'
import { admissionWebhook } from './pod-defaults/webhook.ts'
import { reconcilers } from './registry.ts'

type State = { context: OpenedContext | null; leading: boolean }

export function openController(env: ControllerEnv, log: Logger): Service[] {
  const state: State = { context: null, leading: false }
  const metrics = createMetrics()
  const leading = metrics.gauge('controller_leading', '1 while this process leads.', {})
  const services = [controllerService(env, log, state, leading), ...webhookServices(env, log, state)]
  if (env.KEELSON_CONTROLLER_PORT === undefined) return services
  const health = httpService({
    name: 'health',
    hosts: env.KEELSON_BIND,
    port: env.KEELSON_CONTROLLER_PORT,
    log,
    handle: async (request, response) => {
      if (request.url === '/healthz') return sendJson(response, 200, { ok: true, leading: state.leading })
      if (request.url === '/readyz') {
        await state.context?.ready()
        return sendJson(response, state.context ? 200 : 503, { ok: state.context !== null })
      }
      if (request.url !== '/metrics') return sendJson(response, 404, { code: 'not_found', message: 'No such page.' })
      response.writeHead(200, { 'content-type': metricsContentType }).end(metrics.render())
    },
    onListening: (port) => log.info('listening', { port }),
  })
  return [...services, health]
}

/** Every controller serves it, whether it leads or not. */
function webhookServices(env: ControllerEnv, log: Logger, state: State): Service[] {
  const { KEELSON_WEBHOOK_PORT: port, KEELSON_WEBHOOK_CERT: certificate, KEELSON_WEBHOOK_KEY: key } = env
  const path = env.KEELSON_WEBHOOK_PATH
  if (port === undefined) return []
  if (certificate === undefined || key === undefined || path === undefined)
    throw new Error('KEELSON_WEBHOOK_PORT needs KEELSON_WEBHOOK_CERT, KEELSON_WEBHOOK_KEY and KEELSON_WEBHOOK_PATH.')
  const hosts = env.KEELSON_WEBHOOK_BIND ?? env.KEELSON_BIND
  return [
    admissionWebhook({
      hosts,
      port,
      certificate,
      key,
      path,
      kube: () => state.context?.base.kube ?? null,
      keepCreator: async (made) => {
        if (state.context === null) throw new AppError('unavailable', 'The controller is not connected yet.')
        await keepCreator(asPlatform(state.context.base), made)
      },
      log,
    }),
  ]
}

function controllerService(
  env: ControllerEnv,
  log: Logger,
  state: State,
  gauge: Gauge<Record<string, never>>,
): Service {
  return {
    name: 'controller',
    start: async () => {
      const stopper = new AbortController()
      const context = await openContext({
        databaseUrl: env.DATABASE_URL,
        maxConnections: 6,
        kubeconfigPath: env.KEELSON_KUBECONFIG ?? null,
        artifactsRoot: env.KEELSON_ARTIFACTS,
        addresses: {
          url: env.KEELSON_URL,
          contentUrl: env.KEELSON_CONTENT_URL,
          podUrl: env.KEELSON_POD_URL ?? env.KEELSON_URL,
        },
        log,
        signal: stopper.signal,
      })
      state.context = context
      const done = leadWith(
        {
          kube: context.base.kube,
          namespace: env.KEELSON_NAMESPACE,
          name: 'keelson-controller',
          identity: env.KEELSON_LEADER_IDENTITY ?? `${hostname()}_${randomUUID()}`,
          log,
          signal: stopper.signal,
        },
        async (signal) => {
          state.leading = true
          gauge.set({}, 1)
          try {
            await work(context, env, log, signal)
          } finally {
            state.leading = false
            gauge.set({}, 0)
          }
        },
      )
      done.catch(() => {})
      return {
        done,
        stop: async () => {
          stopper.abort()
          await done.catch(() => {})
          await context.close()
        },
      }
    },
  }
}

/** Runs all reconcilers until the signal aborts, or until one of them breaks: then the process must end and start anew. */
async function work(context: OpenedContext, env: ControllerEnv, log: Logger, outer: AbortSignal): Promise<void> {
  const stopper = new AbortController()
  const signal = AbortSignal.any([outer, stopper.signal])
  const { base } = context
  const informers = openInformers(base.kube, signal)
  const running: RunningService[] = []
  try {
    const owners = await followKindOwners({ base, setting: env.KEELSON_KINDS, log, signal })
    const minuteMs = 60_000
    const culling = { idleMs: env.CULL_IDLE_TIME * minuteMs, periodMs: env.IDLENESS_CHECK_PERIOD * minuteMs }
    const settings = {
      labelsFile: env.KEELSON_NAMESPACE_LABELS,
      tensorboardImage: env.TENSORBOARD_IMAGE,
      notebooks: { addFsGroup: env.ADD_FSGROUP, culling: env.ENABLE_CULLING ? culling : null },
    }
    for (const [name, start] of Object.entries(reconcilers)) {
      const parts = { base: { ...base, signal }, informers, owners, signal, ...settings }
      running.push(start({ ...parts, log: log.with({ reconciler: name }) }))
    }
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    await Promise.race([aborted, ...running.map((each) => each.done)])
  } finally {
    stopper.abort()
    await Promise.allSettled(running.map((each) => each.stop('shutdown')))
  }
}
