import { execPath } from 'node:process'
import { detectMountMode } from '../mounts.ts'
import { keptIdentity } from './identity.ts'
import {
  abandonedNetworks,
  anchorName,
  ensureAnchor,
  ensurePodLink,
  hasAnchor,
  namespacePath,
  podLinkName,
  removeNetwork,
  removePodLink,
} from './links.ts'
import { type NetworkIdentity, toAddress, toNumber } from './range.ts'
import { ruleset } from './ruleset.ts'
import { run } from './run.ts'

/** `auto` is `namespaced` where that works. */
export type PodNetworkWish = 'shared' | 'namespaced' | 'auto'

/** `reason` is a sentence for people: what pods have, or why not. */
export type PodNetworkDecision =
  | { mode: 'shared'; reason: string }
  | { mode: 'namespaced'; reason: string; identity: NetworkIdentity }

/**
 * Says which network pods get. Namespaces need Linux, root, the programs `ip` and `nft`, and a machine whose other rules let
 * pods reach each other: that is tried once with two namespaces, for some tenths of a second, while the network is made.
 */
export async function decidePodNetwork(stateDir: string, wish: PodNetworkWish): Promise<PodNetworkDecision> {
  if (wish === 'shared') return shared("as configured: pods use the host's loopback")
  const missing = await whatIsMissing()
  if (missing !== null) return shared(`pods cannot have a network of their own here: ${missing}`)
  let identity: NetworkIdentity | null = null
  try {
    for (const id of await abandonedNetworks()) await removeNetwork(id)
    identity = await keptIdentity(stateDir)
    if (identity === null) return shared('pods cannot have a network of their own here: no address range is free')
    const isNew = !hasAnchor(identity.id)
    await ensureAnchor(identity, stateDir)
    if (isNew) await tryIt(identity)
    return { mode: 'namespaced', reason: `each pod has an address of its own in ${identity.range}`, identity }
  } catch (error) {
    if (identity !== null) await removeNetwork(identity.id).catch(() => {})
    const why = error instanceof Error ? error.message : String(error)
    return shared(`pods cannot have a network of their own here: ${why}`)
  }
}

const shared = (reason: string): PodNetworkDecision => ({ mode: 'shared', reason })

/** Why this machine cannot have pod networks at all, before anything is tried; null when nothing is missing. */
export async function whatIsMissing(): Promise<string | null> {
  if (process.platform !== 'linux') return 'it needs Linux'
  if (process.getuid?.() !== 0)
    return "it needs root, as only root may join a pod's link to the machine's network (a user namespace may not)"
  for (const [program, option, from] of [
    ['ip', '-V', 'iproute2'],
    ['nft', '--version', 'nftables'],
    ['nsenter', '--version', 'util-linux'],
  ] as const) {
    const works = await run(program, [option]).then(
      () => true,
      () => false,
    )
    if (!works) return `the program ${program} is missing (package ${from})`
  }
  return detectMountMode() === 'root' ? null : 'mount namespaces are not allowed'
}

/** A connection from one namespace to a port of another where nobody listens: refused is what a way through answers. */
async function tryIt(identity: NetworkIdentity): Promise<void> {
  const [from, to] = [2, 3].map((offset) => toAddress(toNumber(identity.range.split('/')[0] ?? '') + offset))
  if (from === undefined || to === undefined) return
  const names = [from, to].map((address) => podLinkName(identity, address))
  try {
    for (const address of [from, to]) await ensurePodLink(identity, address)
    const empty = { identity, services: [], slices: [], pods: [], apiPort: 1, doors: [], forwards: false }
    await run('nft', ['-f', '-'], ruleset(empty))
    const script = `const s=require('net').connect({host:'${to}',port:9,timeout:2000});s.on('error',e=>{console.log(e.code);process.exit()});s.on('timeout',()=>{console.log('no answer');process.exit()})`
    const answer = (
      await run('nsenter', [`--net=${namespacePath(names[0] ?? '')}`, '--', execPath, '-e', script])
    ).trim()
    if (answer !== 'ECONNREFUSED')
      throw new Error(
        `packets between pods do not pass this machine (${answer}): another firewall drops what ${anchorName(identity.id)}* forwards`,
      )
  } finally {
    for (const name of names) await removePodLink(name)
  }
}
