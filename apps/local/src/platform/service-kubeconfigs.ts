import { type Home, writeWhole } from '../home/home.ts'
import type { ClusterAdmin } from './cluster-admin.ts'
import { type ClusterAccess, writeKubeconfig } from './kubeconfig.ts'
import { serviceAccounts, serviceKubeconfig } from './parts.ts'

const lifeSeconds = 24 * 3600

/**
 * Writes the kubeconfigs of the platform's own service accounts, whose tokens stand in files beside them that clients read
 * anew. Returns when they are to be renewed, as milliseconds from now.
 */
export async function writeServiceKubeconfigs(home: Home, admin: ClusterAdmin, access: ClusterAccess): Promise<number> {
  let renewMs = Number.POSITIVE_INFINITY
  for (const name of serviceAccounts) {
    const { token, expiresAt } = await admin.requestToken({ namespace: 'keelson-system', name }, lifeSeconds)
    const tokenFile = home.file('run', `${name}.token`)
    writeWhole(tokenFile, token)
    writeWhole(serviceKubeconfig(home, name), writeKubeconfig(access, [{ name, tokenFile }]))
    renewMs = Math.min(renewMs, (expiresAt.getTime() - Date.now()) / 2)
  }
  return Math.max(renewMs, 10_000)
}
