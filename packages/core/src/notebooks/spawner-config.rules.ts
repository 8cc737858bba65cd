/**
 * The spawner's configuration: upstream's `spawner_ui_config.yaml` (crud-web-apps/jupyter), read with the meaning that its
 * backend gives it, and images that may say more of themselves. Pure.
 */
import { Amount, ImageName, type ServerType, type SpawnerImage, VolumeWish } from '@keelson/contracts/notebooks'
import { AppError } from '@keelson/process/app-error'
import { z } from 'zod'
import { parseMapping } from '../objects/index.ts'

const readOnly = z.boolean().default(false)

const Image = z.union([
  ImageName,
  z.object({
    image: ImageName,
    name: z.string().optional(),
    description: z.string().optional(),
    version: z.coerce.string().optional(),
    icon: z.string().optional(),
    recommended: z.boolean().optional(),
  }),
])
const ImageGroup = z.object({ value: ImageName, options: z.array(Image).default([]), readOnly })
type ImageGroup = z.infer<typeof ImageGroup>

const Limited = (value: string, limitFactor: string) =>
  z
    .object({
      value: Amount.default(value),
      limitFactor: z
        .union([z.literal('none'), z.coerce.number<string | number>().positive()])
        .default(Number(limitFactor)),
      readOnly,
    })
    .prefault({})

const Toleration = z.looseObject({ key: z.string().optional() })

const Defaults = z.looseObject({
  image: ImageGroup,
  imageGroupOne: ImageGroup.optional(),
  imageGroupTwo: ImageGroup.optional(),
  allowCustomImage: z.boolean().default(true),
  imagePullPolicy: z
    .object({ value: z.enum(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent'), readOnly })
    .prefault({}),
  cpu: Limited('0.5', '1.2'),
  memory: Limited('1.0Gi', '1.2'),
  gpus: z
    .object({
      value: z
        .object({
          num: z.union([z.literal('none'), z.coerce.number<string | number>().int().min(0)]).default('none'),
          vendors: z.array(z.object({ limitsKey: z.string().min(1), uiName: z.string().min(1) })).default([]),
          vendor: z.string().default(''),
        })
        .prefault({}),
      readOnly,
    })
    .prefault({}),
  environment: z.object({ value: z.record(z.string(), z.string()).default({}), readOnly }).prefault({}),
  workspaceVolume: z.object({ value: VolumeWish.nullish().default(null), readOnly }).prefault({}),
  dataVolumes: z.object({ value: z.array(VolumeWish).default([]), readOnly }).prefault({}),
  affinityConfig: z
    .object({
      value: z.string().default(''),
      options: z
        .array(z.object({ configKey: z.string().min(1), displayName: z.string().min(1), affinity: z.looseObject({}) }))
        .default([]),
      readOnly,
    })
    .prefault({}),
  tolerationGroup: z
    .object({
      value: z.string().default(''),
      options: z
        .array(
          z.object({ groupKey: z.string().min(1), displayName: z.string().min(1), tolerations: z.array(Toleration) }),
        )
        .default([]),
      readOnly,
    })
    .prefault({}),
  shm: z.object({ value: z.boolean().default(true), readOnly }).prefault({}),
  configurations: z.object({ value: z.array(z.string()).default([]), readOnly }).prefault({}),
})
export type SpawnerConfig = z.infer<typeof Defaults>

/** Reads the file; throws `invalid` that names the field at fault. */
export function parseSpawnerConfig(text: string): SpawnerConfig {
  const parsed = z.looseObject({ spawnerFormDefaults: Defaults }).safeParse(parseMapping(text))
  if (parsed.success) return parsed.data.spawnerFormDefaults
  const faults = parsed.error.issues.map((issue) => ({ field: issue.path.join('.'), message: issue.message }))
  throw new AppError('invalid', faults.map(({ field, message }) => `${field}: ${message}`).join('; '), { faults })
}

/** The form's name of each part of the file that has another one. */
const formNames: Readonly<Record<string, string>> = { workspaceVolume: 'workspace', dataVolumes: 'datavols' }

/** The form's fields that nobody may fill in. */
export function readOnlyFields(config: SpawnerConfig): string[] {
  return Object.entries(config)
    .filter(
      ([, part]) => typeof part === 'object' && part !== null && (part as { readOnly?: boolean }).readOnly === true,
    )
    .map(([name]) => formNames[name] ?? name)
}

export function imageGroupOf(config: SpawnerConfig, serverType: ServerType): ImageGroup | undefined {
  if (serverType === 'group-one') return config.imageGroupOne
  return serverType === 'group-two' ? config.imageGroupTwo : config.image
}

/** What a group offers: its options, and its value where that is none of them. */
export function imagesOf({ value, options }: ImageGroup): SpawnerImage[] {
  const all = options.map((option) => (typeof option === 'string' ? { image: option } : option))
  const listed = all.some(({ image }) => image === value) ? all : [{ image: value }, ...all]
  return listed.map((one) => {
    const { image, name, description, version, icon, recommended } = one as Exclude<z.infer<typeof Image>, string>
    return {
      image,
      name: name ?? shortImage(image),
      description: description ?? null,
      version: version ?? null,
      icon: icon !== undefined && /^data:image\//.test(icon) ? icon : null,
      recommended: recommended ?? false,
    }
  })
}

/** The part of an image's name behind the last slash. */
export function shortImage(image: string): string {
  return image.slice(image.lastIndexOf('/') + 1)
}
