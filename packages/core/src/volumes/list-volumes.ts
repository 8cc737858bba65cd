import type { GetVolume, Volume } from '@keelson/contracts/volumes'
import { type KubeApi, resources } from '@keelson/kube'
import { allow } from '../access/index.ts'
import { asActor, type Ctx } from '../context/index.ts'
import { type Claim, type ClaimEvent, toVolume } from './claim.rules.ts'
import { readVolumeUsers } from './volume-users.ts'

const claims = resources.persistentVolumeClaims

/** The volumes of a workspace with who uses them, by name. */
export async function listVolumes(ctx: Ctx, { workspace }: { workspace: string }): Promise<Volume[]> {
  const [found, users] = await Promise.all([readClaims(ctx, workspace), readVolumeUsers(asActor(ctx), workspace)])
  return found.claims.map((claim) => toVolume(claim, found.events, users.of(claim.metadata.name ?? '')))
}

/** One of them. Throws `not_found`. */
export async function getVolume(ctx: Ctx, input: GetVolume): Promise<Volume> {
  const [claim, events, users] = await Promise.all([
    readClaim(ctx, input),
    listClaimEvents(ctx, input),
    readVolumeUsers(asActor(ctx), input.workspace),
  ])
  return toVolume(claim, events, users.of(input.name))
}

/** The claims as the cluster has them, by name; events only where one of them is not bound. */
export async function readClaims(ctx: Ctx, namespace: string): Promise<{ claims: Claim[]; events: ClaimEvent[] }> {
  await allow(ctx, { verb: 'list', group: '', resource: claims.plural, namespace })
  const { items } = await asActor(ctx).list<Claim>(claims, { namespace })
  const isWaiting = items.some(({ status }) => status?.phase !== 'Bound')
  const events = isWaiting ? await eventsOf(asActor(ctx), namespace) : []
  const nameOf = ({ metadata }: Claim) => metadata.name ?? ''
  return { claims: items.sort((one, other) => nameOf(one).localeCompare(nameOf(other))), events }
}

export async function readClaim(ctx: Ctx, { workspace: namespace, name }: GetVolume): Promise<Claim> {
  await allow(ctx, { verb: 'get', group: '', resource: claims.plural, namespace, name })
  return asActor(ctx).get<Claim>(claims, { namespace, name })
}

/** The events of one claim, as the cluster keeps them. */
export async function listClaimEvents(ctx: Ctx, { workspace, name }: GetVolume): Promise<ClaimEvent[]> {
  return eventsOf(asActor(ctx), workspace, name)
}

async function eventsOf(api: KubeApi, namespace: string, name?: string): Promise<ClaimEvent[]> {
  const named = name === undefined ? '' : `,involvedObject.name=${name}`
  const fieldSelector = `involvedObject.kind=PersistentVolumeClaim${named}`
  return (await api.list<ClaimEvent>(resources.events, { namespace, fieldSelector })).items
}
