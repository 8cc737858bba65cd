import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseAllDocuments } from 'yaml'
import { root } from '../env.ts'
import { Fault } from '../fault.ts'
import type { ClusterAdmin, Manifest } from './cluster-admin.ts'

/** The kinds that `deploy/` holds, in the order in which they must be made. */
const plurals: Record<string, string> = {
  CustomResourceDefinition: 'customresourcedefinitions',
  Namespace: 'namespaces',
  ServiceAccount: 'serviceaccounts',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  Role: 'roles',
  RoleBinding: 'rolebindings',
}
const order = Object.keys(plurals)
const servedWithinMs = 10_000
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

/**
 * Applies `deploy/crds` and `deploy/rbac`: the same files that an operator applies to a cluster. Server-side apply, so an
 * upgrade changes what Keelson's files say and leaves what others added. A definition that somebody else made is theirs: it
 * is left as it is, and its name is returned.
 */
export async function installManifests(admin: ClusterAdmin): Promise<string[]> {
  const manifests = ['deploy/crds', 'deploy/rbac'].flatMap((folder) => readManifests(join(root, folder)))
  const unknown = manifests.find(({ kind }) => !(kind in plurals))
  if (unknown)
    throw new Fault(`deploy/ holds a ${unknown.kind} (${unknown.metadata.name}), which the launcher does not know.`)
  const foreign = await foreignDefinitions(admin)
  const byKind = order.map((kind) => manifests.filter((manifest) => manifest.kind === kind))
  for (const ofKind of byKind) {
    const ours = ofKind.filter(
      ({ kind, metadata }) => kind !== 'CustomResourceDefinition' || !foreign.has(metadata.name),
    )
    await Promise.all(ours.map((manifest) => applyPatiently(admin, manifest)))
  }
  return manifests
    .filter(({ kind, metadata }) => kind === 'CustomResourceDefinition' && foreign.has(metadata.name))
    .map(({ metadata }) => metadata.name)
}

/** Keelson's own definitions carry the label that all of its manifests carry. */
async function foreignDefinitions(admin: ClusterAdmin): Promise<Set<string>> {
  const present = await admin.list(definitions)
  const others = present.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/part-of'] !== 'keelson')
  return new Set(others.map(({ metadata }) => metadata.name))
}

/** A namespace made a moment ago, or a definition not yet served, is a matter of moments. */
async function applyPatiently(admin: ClusterAdmin, manifest: Manifest): Promise<void> {
  const deadline = Date.now() + servedWithinMs
  for (;;) {
    try {
      return await admin.apply(manifest, plurals[manifest.kind] ?? '')
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(250)
    }
  }
}

export function readManifests(folder: string): Manifest[] {
  if (!existsSync(folder)) return []
  const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name))
  return files
    .sort()
    .flatMap((name) =>
      parseAllDocuments(readFileSync(join(folder, name), 'utf8')).map((document) => document.toJS() as Manifest | null),
    )
    .filter((manifest) => manifest !== null)
}
