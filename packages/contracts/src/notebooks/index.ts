/**
 * Notebook servers as people see and make them. {@link SpawnForm} is the body of upstream's Jupyter web app
 * (crud-web-apps/jupyter, `post.py` and `form.py`), so that a script and the page fill in the same form.
 */
import { z } from 'zod'
import { Instant, WorkspaceName } from '../ids/index.ts'
import { StatusDetail } from '../status/index.ts'

/** Also the name of a Service, which begins with a letter, and of a StatefulSet, whose pods' labels have a longest name. */
export const NotebookName = z
  .string()
  .min(1)
  .max(52)
  .regex(
    /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
    'must be lower-case letters, digits and "-", begin with a letter and end with a letter or digit',
  )

/** The kinds of server that the spawner knows: JupyterLab, and the two groups that upstream calls code-server and RStudio. */
export const ServerType = z.enum(['jupyter', 'group-one', 'group-two'])
export type ServerType = z.infer<typeof ServerType>

/** An image reference as container runtimes take it, without white space. */
export const ImageName = z
  .string()
  .trim()
  .min(1)
  .max(512)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/:@+-]*$/, 'must be the name of an image')

const MountPath = z
  .string()
  .max(512)
  .regex(/^\/[^\0:]*$/, 'must be an absolute path')
  .refine((path) => !path.split('/').includes('..'), 'must not contain ".."')

/** `500m`, `2Gi`, 4: an amount of a resource, as text. */
export const Amount = z.coerce
  .string<string | number>()
  .trim()
  .regex(/^\d+(\.\d+)?([numkMGTPE]|[KMGTPE]i|e\d+)?$/, 'must be an amount, such as 500m, 4 or 2Gi')

const NewPvc = z.looseObject({
  metadata: z.looseObject({ name: z.string().optional(), generateName: z.string().optional() }).default({}),
  spec: z.looseObject({
    accessModes: z.array(z.enum(['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'])).min(1),
    resources: z.looseObject({ requests: z.looseObject({ storage: Amount }) }),
    storageClassName: z.string().optional(),
  }),
})

/**
 * A volume that is made with the notebook, or one of the workspace that is there. Upstream takes any source of a pod's
 * volume here, paths of the machine included; a claim is all that is taken.
 */
export const VolumeWish = z
  .object({
    mount: MountPath,
    name: z.string().max(63).optional(),
    newPvc: NewPvc.nullish(),
    existingSource: z
      .strictObject({
        persistentVolumeClaim: z.strictObject({
          claimName: z.string().min(1).max(253),
          readOnly: z.boolean().optional(),
        }),
      })
      .nullish(),
  })
  .refine((volume) => Boolean(volume.newPvc) !== Boolean(volume.existingSource), {
    message: 'must have either newPvc or existingSource',
  })
export type VolumeWish = z.infer<typeof VolumeWish>

/** The name of a variable of the environment, as Kubernetes takes it. */
const EnvironmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/, 'must be the name of a variable')

/** What somebody wants. What is left out is as the installation's configuration says. */
export const SpawnForm = z.object({
  name: NotebookName,
  serverType: ServerType.default('jupyter'),
  image: ImageName.optional(),
  customImage: z.union([ImageName, z.literal('')]).optional(),
  customImageCheck: z.boolean().optional(),
  imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).optional(),
  cpu: Amount.optional(),
  cpuLimit: z.union([Amount, z.literal('')]).nullish(),
  memory: Amount.optional(),
  memoryLimit: z.union([Amount, z.literal('')]).nullish(),
  gpus: z
    .object({
      num: z.union([z.literal('none'), z.coerce.number<string | number>().int().min(0).max(1024)]),
      vendor: z.string().optional(),
    })
    .optional(),
  tolerationGroup: z.string().max(100).optional(),
  affinityConfig: z.string().max(100).optional(),
  configurations: z.array(z.string().max(317)).max(50).optional(),
  shm: z.boolean().optional(),
  environment: z.record(EnvironmentName, z.string().max(32_768)).optional(),
  workspace: VolumeWish.nullish(),
  datavols: z.array(VolumeWish).max(20).optional(),
})
export type SpawnForm = z.infer<typeof SpawnForm>

export const NotebookGpu = z.object({ key: z.string(), count: z.string() })

/** A volume of a notebook's server; `claim` is null for what is no PersistentVolumeClaim. */
export const NotebookVolume = z.object({
  name: z.string(),
  mount: z.string(),
  claim: z.string().nullable(),
  readOnly: z.boolean(),
})

/** A notebook server as lists show it. */
export const NotebookServer = z.object({
  uid: z.string(),
  workspace: WorkspaceName,
  name: z.string(),
  serverType: ServerType.nullable(),
  status: StatusDetail,
  isStopped: z.boolean(),
  image: z.string(),
  cpu: z.string().nullable(),
  memory: z.string().nullable(),
  gpus: z.array(NotebookGpu),
  volumes: z.array(NotebookVolume),
  createdBy: z.string().nullable(),
  createdAt: Instant,
  /** When somebody was last seen to work in it; null where nobody looks. */
  lastActivityAt: Instant.nullable(),
  culling: z.object({
    /** False where it is left alone however long it idles. */
    isOn: z.boolean(),
    /** When it will be stopped unless somebody works in it before. */
    at: Instant.nullable(),
  }),
})
export type NotebookServer = z.infer<typeof NotebookServer>

export const NotebookDetail = z.object({
  notebook: NotebookServer,
  /** Another one is its label's; upstream's status page says the pod's. */
  pod: z
    .object({
      name: z.string(),
      uid: z.string(),
      phase: z.string(),
      node: z.string().nullable(),
      container: z.string(),
    })
    .nullable(),
  conditions: z.array(
    z.object({ type: z.string(), status: z.string(), reason: z.string().nullable(), message: z.string().nullable() }),
  ),
  cpuLimit: z.string().nullable(),
  memoryLimit: z.string().nullable(),
  serviceAccount: z.string().nullable(),
  /** Names alone where the value comes from elsewhere. */
  environment: z.array(z.object({ name: z.string(), value: z.string().nullable() })),
  labels: z.record(z.string(), z.string()),
})
export type NotebookDetail = z.infer<typeof NotebookDetail>

/** An image that the spawner offers. */
export const SpawnerImage = z.object({
  image: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  version: z.string().nullable(),
  /** A picture as a data: address: the dashboard loads nothing from elsewhere. */
  icon: z.string().nullable(),
  recommended: z.boolean(),
})
export type SpawnerImage = z.infer<typeof SpawnerImage>

const Choice = z.object({ key: z.string(), label: z.string() })

/** What the spawner's form offers here: the installation's configuration, and what the cluster and the workspace have. */
export const Spawner = z.object({
  groups: z.array(
    z.object({ serverType: ServerType, label: z.string(), images: z.array(SpawnerImage), isFixed: z.boolean() }),
  ),
  allowCustomImage: z.boolean(),
  /** The form's fields with the values that they have when nobody changes them. */
  defaults: SpawnForm.omit({ name: true }),
  /** Fields of the form that must not be sent. */
  readOnly: z.array(z.string()),
  /** Resource keys of accelerators that nodes have, with how they are called. */
  gpus: z.array(Choice),
  tolerations: z.array(Choice),
  affinities: z.array(Choice),
  /** PodDefaults of the workspace, by the label that asks for them. */
  podDefaults: z.array(Choice),
  volumes: z.array(z.object({ name: z.string(), size: z.string(), mode: z.string(), usedBy: z.array(z.string()) })),
  storageClasses: z.array(z.object({ name: z.string(), isDefault: z.boolean() })),
})
export type Spawner = z.infer<typeof Spawner>

export const ListNotebooks = z.object({ workspace: WorkspaceName })
export const GetNotebook = z.object({ workspace: WorkspaceName, name: NotebookName })
export type GetNotebook = z.infer<typeof GetNotebook>

export const SpawnNotebook = z.object({ workspace: WorkspaceName, form: SpawnForm })
export type SpawnNotebook = z.infer<typeof SpawnNotebook>

/** A new notebook like another one. Its home is a new volume of the same size, empty; other volumes are shared. */
export const CloneNotebook = GetNotebook.extend({ as: NotebookName })
export type CloneNotebook = z.infer<typeof CloneNotebook>

/** Another size for a notebook that is stopped. */
export const ResizeNotebook = GetNotebook.extend(
  SpawnForm.pick({ cpu: true, cpuLimit: true, memory: true, memoryLimit: true, gpus: true }).shape,
)
export type ResizeNotebook = z.infer<typeof ResizeNotebook>

export const DeleteNotebook = GetNotebook.extend({
  /** Also the claims that only this notebook uses. */
  volumes: z.boolean().default(false),
})
export type DeleteNotebook = z.infer<typeof DeleteNotebook>

export const SetCulling = GetNotebook.extend({ isOn: z.boolean() })
export type SetCulling = z.infer<typeof SetCulling>
