/** People at work: the use cases under the gateway's own service account, the controller as a process under its own. */
import type { Actor } from '@keelson/contracts/access'
import { type Ctx, type OpenedContext, openContext, withActor } from '@keelson/core/context'
import { startTestPlatform, type TestPlatform } from '@keelson/core/testing'
import { resources } from '@keelson/kube'
import { silentLogger } from '@keelson/process/logger'
import { eventually } from '@keelson/testing'
import { type ControllerProcess, controllerProcess, kubeconfigWith } from './index.ts'

/** Another run may use the machine at the same time: what is asserted is that it happens, not how soon. */
export const patience = { timeoutMs: 60_000 }

export type PeoplePlatform = {
  platform: TestPlatform
  context: OpenedContext
  controller: ControllerProcess
  as(actor: Actor): Ctx
  stop(): Promise<void>
}

export function person(username: string, groups: string[] = [], tokenWorkspace?: string): Actor {
  const narrowing = tokenWorkspace ? { tokenWorkspace } : {}
  return { kind: 'person', username, groups, userId: username, via: 'token', ...narrowing }
}

export async function startPeoplePlatform(
  server: 'kubelite' | 'kube-apiserver',
  options: { withNode?: boolean } = {},
): Promise<PeoplePlatform | { skipped: string }> {
  const platform = await startTestPlatform(server, undefined, options)
  if ('skipped' in platform) return platform
  const stopper = new AbortController()
  const kubeconfigOf = async (account: string) => {
    const token = await platform.requestToken({ namespace: 'keelson-system', name: account }, [])
    return kubeconfigWith(token, platform.kubeconfigPath)
  }
  const context = await openContext({
    databaseUrl: platform.databaseUrl,
    kubeconfigPath: await kubeconfigOf('keelson-gateway'),
    artifactsRoot: '/nowhere',
    addresses: { url: 'http://localhost', contentUrl: 'http://127.0.0.1', podUrl: 'http://localhost' },
    log: silentLogger,
    signal: stopper.signal,
  })
  const controller = controllerProcess({
    databaseUrl: platform.databaseUrl,
    kubeconfig: await kubeconfigOf('keelson-controller'),
    namespace: 'keelson-system',
  })
  controller.start()
  await eventually(() => context.ready(), patience)
  // Making a workspace has a deadline of its own, in which the controller's start is no part.
  await eventually(async () => {
    const where = { namespace: 'keelson-system', name: 'keelson-controller' }
    const lease = await platform.kube.find(resources.leases, where)
    const holder = (lease?.spec as { holderIdentity?: string } | undefined)?.holderIdentity
    if (holder !== 'test') throw new Error(controller.output())
  }, patience)
  return {
    platform,
    context,
    controller,
    as: (actor) => withActor(context.base, actor),
    stop: async () => {
      await controller.kill()
      stopper.abort()
      await context.close()
      await platform.stop()
    },
  }
}
