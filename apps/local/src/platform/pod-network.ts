/** Which network kubelite's pods get: settled before anything starts, as the processes are told where pods find the front. */
import type { LocalEnv } from '../env.ts'
import type { Home } from '../home/home.ts'
import type { PodNetworkMode } from './parts.ts'

/** The mode that works here, and the front's address in it where that is not the people's. `report` says why not the wished one. */
export async function choosePodNetwork(
  home: Home,
  env: LocalEnv,
  report: (line: string) => void,
): Promise<{ network: PodNetworkMode; url: string | undefined }> {
  const wish = env.KEELSON_POD_NETWORK
  if (env.KUBECONFIG !== undefined || wish === 'shared') return { network: 'shared', url: undefined }
  // Loaded only here: the launcher itself needs nothing of kubelite while it runs.
  const { decidePodNetwork, doorAddress } = await import('@keelson/kubelite')
  const { mode, reason } = await decidePodNetwork(home.file('kubelite', 'node'), wish)
  if (mode === 'namespaced') return { network: mode, url: `http://${doorAddress}:${env.KEELSON_PORT}` }
  if (wish === 'namespaced') report(`Pods share the network of this machine: ${reason}`)
  return { network: mode, url: undefined }
}
