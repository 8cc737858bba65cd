/** Volumes as people see and make them: the PersistentVolumeClaims of a workspace, who uses them, and the files on them. */
import { z } from 'zod'
import { Instant, WorkspaceName } from '../ids/index.ts'
import { StatusDetail } from '../status/index.ts'

/** A Kubernetes DNS-1123 subdomain: what a claim may be called. */
export const VolumeName = z
  .string()
  .min(1)
  .max(253)
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    'must be lower-case letters, digits, "-" and ".", and start and end with a letter or digit',
  )

export const accessModes = ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'] as const
export const AccessMode = z.enum(accessModes)
export type AccessMode = z.infer<typeof AccessMode>

/** `5Gi`: how much is asked for, as text. */
const Size = z
  .string()
  .trim()
  .regex(/^\d+(\.\d+)?([kMGTPE]|[KMGTPE]i)?$/, 'must be a size, such as 500Mi or 5Gi')
  .refine((text) => Number.parseFloat(text) > 0, 'must be more than nothing')

/** Who uses a volume: a pod that has it mounted, or something that will mount it when it starts. */
export const VolumeUser = z.object({ kind: z.enum(['Pod', 'Notebook', 'Tensorboard']), name: z.string() })
export type VolumeUser = z.infer<typeof VolumeUser>

export const Volume = z.object({
  uid: z.string(),
  workspace: WorkspaceName,
  name: z.string(),
  status: StatusDetail,
  /** What is asked for, as it was written: `5Gi`. */
  size: z.string(),
  /** What there is; null before there is a volume behind the claim. */
  capacity: z.string().nullable(),
  sizeBytes: z.number(),
  /** Bytes of its files when somebody last looked into it, and when that was; null where nobody has. */
  used: z.object({ bytes: z.number().nonnegative(), at: Instant }).nullable(),
  storageClass: z.string().nullable(),
  modes: z.array(z.string()),
  /** False for a block device: it has no files to look at. */
  hasFiles: z.boolean(),
  usedBy: z.array(VolumeUser),
  createdAt: Instant,
})
export type Volume = z.infer<typeof Volume>

export const ListVolumes = z.object({ workspace: WorkspaceName })
export const GetVolume = z.object({ workspace: WorkspaceName, name: VolumeName })
export type GetVolume = z.infer<typeof GetVolume>

export const CreateVolume = z.object({
  workspace: WorkspaceName,
  name: VolumeName,
  size: Size,
  mode: AccessMode.default('ReadWriteOnce'),
  /** Absent: the cluster's own choice. Empty: none, so that a volume that is there already is taken. */
  storageClass: z.string().max(253).optional(),
})
export type CreateVolume = z.infer<typeof CreateVolume>

/** What the form for a new volume offers. */
export const VolumeChoices = z.object({
  storageClasses: z.array(z.object({ name: z.string(), isDefault: z.boolean() })),
})
