import type { JobOffer } from '@keelson/contracts/training'
import { resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { allow } from '../access/index.ts'
import { asActor, type Ctx } from '../context/index.ts'
import { readCapacity } from '../workspaces/index.ts'
import { history } from './history.store.ts'

/** In every installation's image table. */
const standardImage = 'keelson/python:1'

/**
 * What a form for a job can offer: images that jobs of this workspace ran (those that nodes hold are other workspaces' business
 * too), its volumes as far as the person may list them, and what can be asked of the machines.
 */
export async function getJobOffer(ctx: Ctx, { workspace }: { workspace: string }): Promise<JobOffer> {
  await allow(ctx, { verb: 'list', resource: 'jobs', namespace: workspace })
  const [used, claims, capacity] = await Promise.all([
    history.imagesUsed(ctx.db, workspace),
    claimsOf(ctx, workspace),
    readCapacity(ctx),
  ])
  return {
    images: [...new Set([standardImage, ...used])],
    claims,
    resources: capacity.map(({ resource }) => resource),
  }
}

async function claimsOf(ctx: Ctx, namespace: string): Promise<string[]> {
  try {
    const { items } = await asActor(ctx).list(resources.persistentVolumeClaims, { namespace, metadataOnly: true })
    return items.flatMap(({ metadata }) => metadata.name ?? [])
  } catch (error) {
    // To look at volumes is a right of its own; a pod asks Kubernetes itself.
    if (error instanceof AppError && error.code === 'forbidden') return []
    throw error
  }
}
