import { AppError } from '@keelson/process/app-error'
import { sendJson } from '@keelson/process/http-body'
import type { Adapter, FrontRoute } from '../front/route.ts'

const kfp = '/workspaces/:workspace/kfp'
const absent =
  'The Kubeflow Pipelines API is not part of this release: of its calls only GET /apis/v2beta1/healthz is answered.'

/** The Kubeflow Pipelines API, of which this release answers what `kfp.Client()` asks while it is made; the rest is said by name. */
export function openPipelines(): Adapter {
  const rest: FrontRoute = { name: 'kfp', pattern: `${kfp}/*`, handle: refuse }
  return { routes: [healthz('v2beta1'), healthz('v1beta1'), rest], services: [] }
}

/**
 * Without an identity too: a client that was given an address sends no token with this call (kfp 2.17, client.py). It says nothing
 * of the workspace in the path, not even whether there is one. `multi_user` makes the client read its namespace from its pod.
 */
function healthz(version: string): FrontRoute {
  return {
    name: 'kfp-healthz',
    pattern: `${kfp}/apis/${version}/healthz`,
    identity: 'optional',
    maxBodyBytes: 0,
    handle: async ({ request, response }) => {
      if (request.method !== 'GET') return refuse()
      sendJson(response, 200, { multi_user: true })
    },
  }
}

async function refuse(): Promise<never> {
  throw new AppError('unimplemented', absent)
}
