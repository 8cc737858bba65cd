import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'
import { parseImageName } from './image-name.ts'

const entrySchema = z.discriminatedUnion('runtime', [
  z.strictObject({
    runtime: z.literal('python'),
    environment: z.string().min(1),
    files: z.string().min(1).optional(),
    pythonPath: z.array(z.string().min(1)).default([]),
    command: z.array(z.string()).default([]),
    args: z.array(z.string()).default([]),
    env: z.record(z.string(), z.string()).default({}),
  }),
  z.strictObject({
    runtime: z.literal('shell'),
    files: z.string().min(1).optional(),
    pythonPath: z.array(z.string().min(1)).default([]),
    command: z.array(z.string()).default(['sh']),
    args: z.array(z.string()).default([]),
    env: z.record(z.string(), z.string()).default({}),
  }),
])
const fileSchema = z.strictObject({ images: z.record(z.string().min(1), entrySchema).nullable() })

/** An entry of images.yaml with every folder absolute. `id` is a hash of the entry, the image id that pods report. */
export type ImageEntry = z.infer<typeof entrySchema> & { name: string; id: string; definedIn: string }

export type ImageTable = {
  /** The entry for a reference, by `name:tag` first and then by `name` alone; null when there is none. */
  find(reference: string): ImageEntry | null
  /** Every entry's name, for messages and for a first build of all environments. */
  list(): ImageEntry[]
  /** The file that a person edits to add an image. */
  userFile: string | null
}

export class ImageTableError extends Error {
  constructor(file: string, problems: readonly string[]) {
    super(`${file} is not a valid image table: ${problems.join('; ')}`)
    this.name = 'ImageTableError'
  }
}

/** The table that comes with Keelson. */
export const defaultImagesFile = fileURLToPath(new URL('./images.yaml', import.meta.url))
const checkout = fileURLToPath(new URL('../../../..', import.meta.url))

/** Reads and checks one table. Throws {@link ImageTableError} with every problem and its place. */
export function parseImageTable(text: string, file: string, base: string): ImageEntry[] {
  let raw: unknown
  try {
    // A file of comments alone is an empty table. Aliases are capped by the parser, so a YAML bomb is an error here.
    raw = parse(text) ?? { images: {} }
  } catch (error) {
    throw new ImageTableError(file, [error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)])
  }
  const parsed = fileSchema.safeParse(raw)
  if (!parsed.success) {
    throw new ImageTableError(
      file,
      parsed.error.issues.map((issue) => `${issue.path.join('.') || '(file)'}: ${issue.message}`),
    )
  }
  return Object.entries(parsed.data.images ?? {}).map(([name, entry]) => {
    const absolute = (path: string) => (isAbsolute(path) ? path : resolve(base, path))
    const whole = {
      ...entry,
      ...(entry.files === undefined ? {} : { files: absolute(entry.files) }),
      pythonPath: entry.pythonPath.map(absolute),
      ...(entry.runtime === 'python'
        ? { environment: /[/\\]/.test(entry.environment) ? absolute(entry.environment) : entry.environment }
        : {}),
    }
    const id = createHash('sha256')
      .update(JSON.stringify([name, whole]))
      .digest('hex')
    return { ...whole, name, id: `sha256:${id}`, definedIn: file } as ImageEntry
  })
}

/**
 * The default table with the person's own file over it. Both are read again when they change (by time and size, looked
 * at on each use: an image is looked up once per container start).
 */
export function openImageTable(options: { userFile?: string | undefined } = {}): ImageTable {
  const userFile = options.userFile ?? null
  const defaults = cachedFile(defaultImagesFile, checkout)
  const own = userFile === null ? () => [] : cachedFile(userFile, dirname(userFile))
  const merged = () => new Map([...defaults(), ...own()].map((entry) => [entry.name, entry]))
  return {
    userFile,
    list: () => [...merged().values()],
    find: (reference) => {
      const { name, tag } = parseImageName(reference)
      const table = merged()
      return table.get(reference) ?? table.get(`${name}:${tag}`) ?? table.get(name) ?? null
    },
  }
}

function cachedFile(file: string, base: string): () => ImageEntry[] {
  let stamp = ''
  let entries: ImageEntry[] = []
  return () => {
    if (!existsSync(file)) return []
    const info = statSync(file)
    const now = `${info.mtimeMs} ${info.size}`
    if (now !== stamp) {
      entries = parseImageTable(readFileSync(file, 'utf8'), file, base)
      stamp = now
    }
    return entries
  }
}
