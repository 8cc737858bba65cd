/** kubeflow.org Profile → namespace, service accounts, role bindings, quota; healed whenever any of them changes. */
import type { Profile, ProfileStatus } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { PlatformAddresses } from '@keelson/core/context'
import {
  type DesiredProfile,
  desiredProfile,
  foreignNamespace,
  profileFinalizer,
  profileLabel,
  quotaName,
  specFault,
  surplusLabels,
} from '@keelson/core/workspaces'
import {
  done,
  type Informer,
  type KubeApi,
  type ReconcileResult,
  resources,
  runReconciler,
  source,
} from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import type { RunningService } from '@keelson/process/service'
import type { ControllerParts, SharedInformers } from '../parts.ts'
import { type LabelsFile, openLabelsFile } from './labels-file.ts'

const fieldManager = 'keelson-profile'

type Parts = Pick<ControllerParts, 'log' | 'signal'> & {
  base: { kube: KubeApi; addresses: Pick<PlatformAddresses, 'podUrl'> }
  informers: Pick<SharedInformers, 'profiles' | 'namespaces'>
  /** Path of the file with the namespaces' labels, where there is one. */
  labelsFile?: string | undefined
}

export function profileReconciler({ base, informers, labelsFile, log, signal }: Parts): RunningService {
  const labels = openLabelsFile(labelsFile, log, signal)
  const marked = { labelSelector: profileLabel }
  const owned = [resources.serviceAccounts, resources.roleBindings, resources.resourceQuotas, resources.configMaps].map(
    (resource) => source(base.kube.inform(resource, marked, signal), (object) => profileOf(object)),
  )
  return runReconciler({
    name: 'profile',
    sources: [source(informers.profiles), source(informers.namespaces), labels.source(informers.profiles), ...owned],
    reconcile: (name) => reconcileProfile({ ...base, labels: labels.current() }, informers.profiles, name),
    log,
    signal,
  })
}

function profileOf(object: KubeObject): string[] {
  const name = object.metadata.labels?.[profileLabel]
  return name === undefined ? [] : [name]
}

export async function reconcileProfile(
  { kube, addresses, labels }: Parts['base'] & { labels: ReturnType<LabelsFile['current']> },
  profiles: Informer<Profile>,
  name: string,
): Promise<ReconcileResult> {
  const cached = profiles.get({ name })
  if (!cached) return done
  if (cached.metadata.deletionTimestamp !== undefined) return letGo(kube, cached)
  const fault = specFault(cached)
  const profile = await holdOn(kube, cached)
  const present = await kube.find(resources.namespaces, { name })
  const foreign = present ? foreignNamespace(profile, present) : null
  if (foreign !== null || !profile.spec?.owner?.name) return writeStatus(kube, profile, foreign ?? fault)
  // A namespace on its way out takes nothing new; its end wakes us again, and it is made anew.
  if (present?.metadata.deletionTimestamp !== undefined)
    return writeStatus(kube, profile, 'its namespace is being deleted')
  try {
    await makeTrue(kube, desiredProfile(profile, present, addresses, labels), profile)
    await dropLabels(kube, name, surplusLabels(present, labels))
  } catch (error) {
    if (error instanceof AppError && ['invalid', 'forbidden'].includes(error.code))
      await writeStatus(kube, profile, error.message)
    throw error
  }
  return writeStatus(kube, profile, fault)
}

async function makeTrue(kube: KubeApi, desired: DesiredProfile, profile: Profile): Promise<void> {
  const namespace = profile.metadata.name ?? ''
  await kube.apply(resources.namespaces, desired.namespace, { fieldManager })
  for (const { resource, object } of desired.children) {
    if (resource === 'roleBindings') await dropOtherRole(kube, object)
    await kube.apply(resources[resource], object, { fieldManager })
  }
  if (desired.hasQuota) return
  const left = await kube.find(resources.resourceQuotas, { namespace, name: quotaName })
  if (left?.metadata.labels?.[profileLabel] === namespace) {
    await kube.delete(resources.resourceQuotas, { namespace, name: quotaName }, { uid: left.metadata.uid ?? '' })
  }
}

/** Labels that are not to be there, whoever set them. */
async function dropLabels(kube: KubeApi, name: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return
  await kube.patch(
    resources.namespaces,
    { name },
    { metadata: { labels: Object.fromEntries(keys.map((key) => [key, null])) } },
  )
}

/** A binding's roleRef cannot be changed (only the binding replaced): one that names another role is not ours any more. */
async function dropOtherRole(kube: KubeApi, desired: KubeObject): Promise<void> {
  const { name = '', namespace } = desired.metadata
  const present = await kube.find(resources.roleBindings, { namespace, name })
  if (!present || sameRole(present, desired)) return
  await kube.delete(resources.roleBindings, { namespace, name }, { uid: present.metadata.uid ?? '' })
}

function sameRole(one: KubeObject, other: KubeObject): boolean {
  const role = (object: KubeObject) => object.roleRef as { kind: string; name: string } | undefined
  return role(one)?.kind === role(other)?.kind && role(one)?.name === role(other)?.name
}

async function holdOn(kube: KubeApi, profile: Profile): Promise<Profile> {
  const { name = '', finalizers = [], resourceVersion } = profile.metadata
  if (finalizers.includes(profileFinalizer)) return profile
  return kube.patch<Profile>(
    resources.profiles,
    { name },
    {
      metadata: { resourceVersion, finalizers: [...finalizers, profileFinalizer] },
    },
  )
}

/** The cluster collects what the profile owns; there is nothing outside of it to undo. */
async function letGo(kube: KubeApi, profile: Profile): Promise<ReconcileResult> {
  const { name = '', finalizers = [], resourceVersion } = profile.metadata
  if (!finalizers.includes(profileFinalizer)) return done
  await kube.patch(
    resources.profiles,
    { name },
    {
      metadata: { resourceVersion, finalizers: finalizers.filter((each) => each !== profileFinalizer) },
    },
  )
  return done
}

async function writeStatus(kube: KubeApi, profile: Profile, fault: string | null): Promise<ReconcileResult> {
  const type = fault === null ? 'Successful' : 'Failed'
  const [present] = profile.status?.conditions ?? []
  const observedGeneration = profile.metadata.generation ?? 0
  if (
    present?.type === type &&
    present.message === (fault ?? '') &&
    profile.status?.observedGeneration === observedGeneration
  )
    return done
  const since = present?.type === type ? present.lastTransitionTime : undefined
  const status: ProfileStatus = {
    observedGeneration,
    conditions: [{ type, status: 'True', message: fault ?? '', lastTransitionTime: since ?? new Date().toISOString() }],
  }
  await kube.applyStatus<Profile>(resources.profiles, { ...profile, status }, { fieldManager })
  return done
}
