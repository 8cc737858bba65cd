/** Printer columns of volumes, claims and classes. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { ageColumn, field, nameColumn, wide } from './cells.ts'
import { type Column, column } from './column.ts'

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}
const modes = (value: unknown) =>
  Object.entries(shortModes)
    .filter(([mode]) => Array.isArray(value) && value.includes(mode))
    .map(([, short]) => short)
    .join(',')
const phase = (object: KubeObject) =>
  object.metadata.deletionTimestamp === undefined ? (field(object, 'status', 'phase') ?? '') : 'Terminating'
const isDefault = (object: KubeObject, key: string) => object.metadata.annotations?.[key] === 'true'
export const defaultClassKey = 'storageclass.kubernetes.io/is-default-class'

const attributesClass = column(
  'VolumeAttributesClass',
  (object) => field(object, 'spec', 'volumeAttributesClassName') ?? '<unset>',
)
const volumeMode = wide('VolumeMode', (object) => field(object, 'spec', 'volumeMode') ?? '<unset>')

export const storageTables: Readonly<Record<string, readonly Column[]>> = {
  '/persistentvolumeclaims': [
    nameColumn,
    column('Status', phase),
    column('Volume', (object) => field(object, 'spec', 'volumeName') ?? ''),
    column('Capacity', (object) =>
      field(object, 'spec', 'volumeName') ? (field(object, 'status', 'capacity', 'storage') ?? '0') : '',
    ),
    column('Access Modes', (object) =>
      field(object, 'spec', 'volumeName') ? modes(field(object, 'status', 'accessModes')) : '',
    ),
    column('StorageClass', (object) => field(object, 'spec', 'storageClassName') ?? ''),
    attributesClass,
    ageColumn,
    volumeMode,
  ],
  '/persistentvolumes': [
    nameColumn,
    column('Capacity', (object) => field(object, 'spec', 'capacity', 'storage') ?? ''),
    column('Access Modes', (object) => modes(field(object, 'spec', 'accessModes'))),
    column('Reclaim Policy', (object) => field(object, 'spec', 'persistentVolumeReclaimPolicy') ?? ''),
    column('Status', phase),
    column('Claim', (object) => {
      const claim = field(object, 'spec', 'claimRef')
      return claim === undefined
        ? ''
        : `${String(field(claim, 'namespace') ?? '')}/${String(field(claim, 'name') ?? '')}`
    }),
    column('StorageClass', (object) => field(object, 'spec', 'storageClassName') ?? ''),
    attributesClass,
    column('Reason', (object) => field(object, 'status', 'reason') ?? ''),
    ageColumn,
    volumeMode,
  ],
  'storage.k8s.io/storageclasses': [
    column(
      'Name',
      (object) => `${object.metadata.name ?? ''}${isDefault(object, defaultClassKey) ? ' (default)' : ''}`,
      'string',
      0,
      'name',
    ),
    column('Provisioner', (object) => object.provisioner),
    column('ReclaimPolicy', (object) => object.reclaimPolicy ?? 'Delete'),
    column('VolumeBindingMode', (object) => object.volumeBindingMode ?? '<unset>'),
    column('AllowVolumeExpansion', (object) => object.allowVolumeExpansion ?? false),
    ageColumn,
  ],
}
