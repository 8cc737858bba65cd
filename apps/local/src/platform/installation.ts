/**
 * Which installation runs a cluster. Two with different databases would take the work from each other and keep half of the history
 * each, so the first leaves its name in the cluster, and the second is refused until somebody says that it takes over.
 */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@keelson/process/logger'
import pg from 'pg'
import { z } from 'zod'
import { Fault } from '../fault.ts'
import type { Home } from '../home/home.ts'
import type { ClusterAdmin, Manifest } from './cluster-admin.ts'

/** Who is who: an installation is its database, whichever folder and machine its launcher is in. */
const Claim = z.object({ id: z.string(), host: z.string(), home: z.string(), since: z.string() })
type Claim = z.infer<typeof Claim>
type ClaimObject = Manifest & { metadata: { resourceVersion?: string }; data?: Record<string, string> }
type Found = { claim: Claim; resourceVersion: string } | null

const namespace = 'keelson-system'
const name = 'keelson-installation'
const folder = `/api/v1/namespaces/${namespace}/configmaps`
const lookEveryMs = 15_000

/** The id of the installation that this database is; made once. */
export async function installationId(databaseUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const value = JSON.stringify({ id: randomUUID() })
    await client.query("insert into setting (key, value) values ('installation', $1) on conflict do nothing", [value])
    const { rows } = await client.query<{ value: unknown }>("select value from setting where key = 'installation'")
    return z.object({ id: z.string() }).parse(rows[0]?.value).id
  } finally {
    await client.end()
  }
}

export type Installation = { id: string; home: Home; takeOver: boolean }

/** Throws one sentence that names the other installation, when one runs this cluster and is not to be replaced. */
export async function refuseSecond(admin: ClusterAdmin, installation: Installation): Promise<void> {
  const found = await findClaim(admin)
  if (found !== null && found.claim.id !== installation.id && !installation.takeOver) throw refusal(found.claim)
}

/** Writes our name; its namespace is there. Of two that come at once, one is refused. */
export async function claimCluster(admin: ClusterAdmin, installation: Installation): Promise<void> {
  for (;;) {
    const found = await findClaim(admin)
    if (found?.claim.id === installation.id) return
    if (found !== null && !installation.takeOver) throw refusal(found.claim)
    const { id, home } = installation
    const data: Claim = { id, host: hostname(), home: home.path, since: new Date().toISOString() }
    const labels = { 'app.kubernetes.io/part-of': 'keelson' }
    const metadata = { name, namespace, labels, ...(found === null ? {} : { resourceVersion: found.resourceVersion }) }
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }
    if (await (found === null ? admin.create(folder, object) : admin.replace(`${folder}/${name}`, object))) return
  }
}

/** Looks again and again; calls `onLost` once, with a sentence, when another installation has taken over. Returns what ends that. */
export function keepClaim(
  admin: ClusterAdmin,
  { id }: Installation,
  { log, onLost, everyMs = lookEveryMs }: { log: Logger; onLost: (sentence: string) => void; everyMs?: number },
): () => void {
  const stopping = new AbortController()
  const { signal } = stopping
  const keep = async () => {
    while (!signal.aborted) {
      await sleep(everyMs, undefined, { signal, ref: false }).catch(() => {})
      if (signal.aborted) return
      try {
        const found = await findClaim(admin)
        if (found === null || found.claim.id === id || signal.aborted) continue
        return onLost(`${words(found.claim)} took over this cluster, so this one stops.`)
      } catch (error) {
        log.warn('who runs the cluster cannot be seen', { error })
      }
    }
  }
  void keep()
  return () => stopping.abort()
}

async function findClaim(admin: ClusterAdmin): Promise<Found> {
  const found = await admin.find<ClaimObject>(`${folder}/${name}`)
  if (found === null) return null
  const claim = Claim.safeParse(found.data)
  if (!claim.success)
    throw new Fault(
      `The ConfigMap ${namespace}/${name} of the cluster cannot be read: delete it if no other installation of Keelson runs there.`,
    )
  return { claim: claim.data, resourceVersion: found.metadata.resourceVersion ?? '' }
}

const words = ({ host, home, since }: Claim) => `The installation in ${home} on ${host} (since ${since.slice(0, 10)})`

function refusal(claim: Claim): Fault {
  return new Fault(
    `${words(claim)} runs this cluster, with a database of its own: use that database (DATABASE_URL), or take the cluster over with "npm start -- --take-over".`,
  )
}
