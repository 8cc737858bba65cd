/** The form of a new notebook as it is typed, and what of it is sent. Pure. */
import type { Spawner, SpawnForm, VolumeWish } from '@keelson/contracts/notebooks'

type Form = Omit<SpawnForm, 'name'>
export type DataVolume = { id: number; mount: string; claim: string; name: string; size: string }

export type SpawnState = {
  name: string
  serverType: SpawnForm['serverType']
  image: string
  isCustom: boolean
  customImage: string
  cpu: string
  memory: string
  /** `none`, or how many. */
  gpuCount: string
  gpuVendor: string
  home: 'new' | 'existing' | 'none'
  homeMount: string
  homeSize: string
  homeClass: string
  homeClaim: string
  data: DataVolume[]
  /** Names and values. */
  environment: (readonly [string, string])[]
  configurations: string[]
  tolerationGroup: string
  affinityConfig: string
  shm: boolean
}

/** A claim's key that stands for one that is made. */
export const newClaim = ''

export function initialState({ defaults, groups, gpus }: Spawner): SpawnState {
  const home = defaults.workspace
  return {
    name: '',
    serverType: groups[0]?.serverType ?? 'jupyter',
    image: defaults.image ?? '',
    isCustom: false,
    customImage: '',
    cpu: String(defaults.cpu ?? ''),
    memory: String(defaults.memory ?? ''),
    gpuCount: String(defaults.gpus?.num ?? 'none'),
    gpuVendor: defaults.gpus?.vendor || (gpus[0]?.key ?? ''),
    home: home == null ? 'none' : home.newPvc ? 'new' : 'existing',
    homeMount: home?.mount ?? '/home/jovyan',
    homeSize: String(home?.newPvc?.spec.resources.requests.storage ?? '5Gi'),
    homeClass: '',
    homeClaim: home?.existingSource?.persistentVolumeClaim.claimName ?? '',
    data: (defaults.datavols ?? []).map((volume, id) => ({
      id,
      mount: volume.mount,
      claim: volume.existingSource?.persistentVolumeClaim.claimName ?? newClaim,
      name: volume.newPvc?.metadata.name ?? '',
      size: String(volume.newPvc?.spec.resources.requests.storage ?? '5Gi'),
    })),
    environment: Object.entries(defaults.environment ?? {}),
    configurations: defaults.configurations ?? [],
    tolerationGroup: defaults.tolerationGroup ?? '',
    affinityConfig: defaults.affinityConfig ?? '',
    shm: defaults.shm ?? true,
  }
}

/** The body that is sent. What the installation fixed is left out: sending it is refused. */
export function formOf(state: SpawnState, { readOnly, gpus }: Pick<Spawner, 'readOnly' | 'gpus'>): SpawnForm {
  const whole: Form = {
    serverType: state.serverType,
    ...(state.isCustom ? { customImageCheck: true, customImage: state.customImage } : { image: state.image }),
    ...sizeOf(state, readOnly),
    workspace: homeOf(state),
    datavols: state.data.map(dataVolumeOf),
    environment: Object.fromEntries(state.environment.filter(([name]) => name !== '')),
    configurations: state.configurations,
    tolerationGroup: state.tolerationGroup,
    affinityConfig: state.affinityConfig,
    shm: state.shm,
  }
  const left = new Set(readOnly)
  if (left.has('image') && state.serverType === 'jupyter')
    for (const key of ['customImage', 'customImageCheck']) left.add(key)
  if (gpus.length === 0) left.add('gpus')
  const sent = Object.fromEntries(Object.entries(whole).filter(([key]) => !left.has(key)))
  return { ...(sent as Form), name: state.name }
}

export function sizeOf(
  { cpu, memory, gpuCount, gpuVendor }: Pick<SpawnState, 'cpu' | 'memory' | 'gpuCount' | 'gpuVendor'>,
  readOnly: readonly string[],
): Pick<Form, 'cpu' | 'memory' | 'gpus'> {
  const num = gpuCount === 'none' ? ('none' as const) : Number(gpuCount)
  return {
    ...(readOnly.includes('cpu') ? {} : { cpu }),
    ...(readOnly.includes('memory') ? {} : { memory }),
    ...(readOnly.includes('gpus') ? {} : { gpus: { num, vendor: num === 'none' ? '' : gpuVendor } }),
  }
}

const accessModes: ['ReadWriteOnce'] = ['ReadWriteOnce']

function homeOf(state: SpawnState): VolumeWish | null {
  const { home, homeMount: mount, homeSize: storage, homeClass, homeClaim } = state
  if (home === 'none') return null
  if (home === 'existing') return { mount, existingSource: { persistentVolumeClaim: { claimName: homeClaim } } }
  const storageClass = homeClass === '' ? {} : { storageClassName: homeClass }
  return {
    mount,
    newPvc: {
      metadata: { name: '{notebook-name}-workspace' },
      spec: { accessModes, resources: { requests: { storage } }, ...storageClass },
    },
  }
}

function dataVolumeOf({ id, mount, claim, name, size: storage }: DataVolume): VolumeWish {
  if (claim !== newClaim) return { mount, existingSource: { persistentVolumeClaim: { claimName: claim } } }
  const metadata = { name: name || `{notebook-name}-data-${id + 1}` }
  return { mount, newPvc: { metadata, spec: { accessModes, resources: { requests: { storage } } } } }
}

/** The faults of a refused form by its fields, as the page has them: `form.cpu` and `cpu` are one. */
export function faultsByField(faults: readonly { field: string; message: string }[]): Record<string, string> {
  return Object.fromEntries(faults.map(({ field, message }) => [field.replace(/^form\./, ''), message]))
}
