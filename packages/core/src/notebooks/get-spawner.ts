import type { Notebook } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { ServerType, Spawner } from '@keelson/contracts/notebooks'
import { resources } from '@keelson/kube'
import { allow } from '../access/index.ts'
import { asActor, type Ctx } from '../context/index.ts'
import { readCapacity } from '../workspaces/index.ts'
import type { Claim } from './clone.rules.ts'
import { noneWithoutKind } from './list-notebooks.ts'
import { claimsOf } from './notebook-view.rules.ts'
import { listPodDefaults, spawnerConfig } from './spawn-notebook.ts'
import { imageGroupOf, imagesOf, readOnlyFields, type SpawnerConfig } from './spawner-config.rules.ts'

const serverTypes: readonly { type: ServerType; label: string }[] = [
  { type: 'jupyter', label: 'JupyterLab' },
  { type: 'group-one', label: 'VisualStudio Code' },
  { type: 'group-two', label: 'RStudio' },
]

const defaultClass = 'storageclass.kubernetes.io/is-default-class'

/** What the form for a new notebook offers in a workspace. */
export async function getSpawner(ctx: Ctx, { workspace }: { workspace: string }): Promise<Spawner> {
  await allow(ctx, { verb: 'list', group: 'kubeflow.org', resource: 'notebooks', namespace: workspace })
  const api = asActor(ctx)
  const namespace = workspace
  const [config, gpus, podDefaults, claims, notebooks, storageClasses] = await Promise.all([
    spawnerConfig(ctx),
    listGpus(ctx),
    listPodDefaults(ctx, namespace),
    api.list<Claim>(resources.persistentVolumeClaims, { namespace }),
    noneWithoutKind(api.list<Notebook>(resources.notebooks, { namespace })),
    listStorageClasses(ctx),
  ])
  return {
    ...offered(config),
    gpus: gpus.map(({ limitsKey, uiName }) => ({ key: limitsKey, label: uiName })),
    podDefaults: podDefaults.flatMap((podDefault) => podDefaultChoice(podDefault) ?? []),
    volumes: claims.items.map((claim) => ({
      name: claim.metadata.name ?? '',
      size: claim.spec?.resources?.requests?.storage ?? '',
      mode: claim.spec?.accessModes?.[0] ?? '',
      usedBy: notebooks
        .filter((notebook) => claimsOf(notebook).includes(claim.metadata.name ?? ''))
        .map(({ metadata }) => metadata.name ?? ''),
    })),
    storageClasses,
  }
}

function offered(config: SpawnerConfig): Omit<Spawner, 'gpus' | 'podDefaults' | 'volumes' | 'storageClasses'> {
  const { gpus, tolerationGroup, affinityConfig } = config
  const { num, vendor } = gpus.value
  return {
    groups: serverTypes.flatMap(({ type, label }) => {
      const group = imageGroupOf(config, type)
      return group === undefined ? [] : [{ serverType: type, label, images: imagesOf(group), isFixed: group.readOnly }]
    }),
    allowCustomImage: config.allowCustomImage,
    defaults: {
      serverType: 'jupyter',
      image: config.image.value,
      imagePullPolicy: config.imagePullPolicy.value,
      cpu: config.cpu.value,
      memory: config.memory.value,
      gpus: { num, vendor },
      tolerationGroup: tolerationGroup.value,
      affinityConfig: affinityConfig.value,
      configurations: config.configurations.value,
      shm: config.shm.value,
      environment: config.environment.value,
      workspace: config.workspaceVolume.value,
      datavols: config.dataVolumes.value,
    },
    readOnly: readOnlyFields(config),
    tolerations: tolerationGroup.options.map(({ groupKey, displayName }) => ({ key: groupKey, label: displayName })),
    affinities: affinityConfig.options.map(({ configKey, displayName }) => ({ key: configKey, label: displayName })),
  }
}

/** The accelerators of the configuration that some node has. */
export async function listGpus(ctx: Ctx): Promise<SpawnerConfig['gpus']['value']['vendors']> {
  const [config, capacity] = await Promise.all([spawnerConfig(ctx), readCapacity(ctx)])
  const present = new Set(capacity.map(({ resource }) => resource))
  return config.gpus.value.vendors.filter(({ limitsKey }) => present.has(limitsKey))
}

/** The cluster's storage classes, by name. They name no tenant, and everybody who makes a volume chooses one. */
export async function listStorageClasses({ kube }: Pick<Ctx, 'kube'>): Promise<Spawner['storageClasses']> {
  const { items } = await kube.list<KubeObject>(resources.storageClasses)
  return items
    .map(({ metadata }) => ({
      name: metadata.name ?? '',
      isDefault: metadata.annotations?.[defaultClass] === 'true',
    }))
    .sort((one, other) => one.name.localeCompare(other.name))
}

/** A PodDefault is asked for by the first label that it matches; one that matches by other means cannot be chosen. */
export function podDefaultChoice({
  metadata,
  spec,
}: Awaited<ReturnType<typeof listPodDefaults>>[number]): { key: string; label: string } | null {
  const [key] = Object.keys(spec.selector.matchLabels ?? {})
  return key === undefined ? null : { key, label: spec.desc ?? metadata.name ?? key }
}
