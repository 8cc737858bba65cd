import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { type Home, writeWhole } from '../home/home.ts'
import type { GatewayClient } from './gateway-client.ts'
import { type ClusterAccess, writeKubeconfig } from './kubeconfig.ts'

const ttlMs = 30 * 86_400_000
const renewBeforeMs = 10 * 86_400_000
const Kept = z.record(z.string(), z.object({ token: z.string(), expiresAt: z.string() }))

/**
 * The kubeconfig for people: one context per person, named by the e-mail, whose token is a personal access token. Tokens
 * are kept and used again until a third of their life is left, so that starts do not pile up new ones.
 */
export async function writePeopleKubeconfig(
  home: Home,
  access: ClusterAccess,
  emails: readonly string[],
  gateway: GatewayClient,
): Promise<void> {
  const keptFile = home.file('run', 'kubeconfig-tokens.json')
  const kept = readKept(keptFile)
  const tokens: z.infer<typeof Kept> = {}
  for (const email of emails) {
    const old = kept[email]
    const isFresh = old !== undefined && Date.parse(old.expiresAt) - Date.now() > renewBeforeMs
    if (isFresh && (await gateway.accepts(old.token))) {
      tokens[email] = old
      continue
    }
    const made = await gateway.mintToken({ email, name: 'kubectl', ttlMs })
    tokens[email] = { token: made.token, expiresAt: made.expiresAt.toISOString() }
  }
  writeWhole(keptFile, JSON.stringify(tokens))
  const users = Object.entries(tokens).map(([name, { token }]) => ({ name, token }))
  // Without the launcher's own credentials: only where the cluster is, and how to trust it.
  writeWhole(home.file('kubeconfig'), writeKubeconfig(access, users))
}

function readKept(file: string): z.infer<typeof Kept> {
  try {
    return existsSync(file) ? Kept.parse(JSON.parse(readFileSync(file, 'utf8'))) : {}
  } catch {
    return {}
  }
}
