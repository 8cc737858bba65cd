/**
 * Writes images as an OCI image layout in one tar (OCI image spec v1.1, image-layout.md), which `ctr images import`,
 * `docker load`, `podman load` and `skopeo` read. Layers are tars made by GNU tar, so that owners, modes and links are
 * those of the folder, and the same input gives the same digest.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

/** A layer of the layout: its blob, and the digest of what is in it uncompressed. */
export type Layer = { digest: string; diffId: string; size: number }

export type ImageConfig = {
  /** Full name with registry and tag, as containerd keeps it: `docker.io/keelson/python:1`. */
  name: string
  user?: string
  workingDir?: string
  env?: Readonly<Record<string, string>>
  entrypoint?: readonly string[]
  command?: readonly string[]
}

type Descriptor = { mediaType: string; digest: string; size: number }

export type ImageLayout = {
  /** Adds the paths below `root` (all of it without `paths`) as a layer. */
  addLayer(root: string, paths?: readonly string[]): Promise<Layer>
  addImage(config: ImageConfig, layers: readonly Layer[]): void
  /** Writes `index.json` and packs the layout into `file`. */
  writeArchive(file: string): void
}

const architectures: Record<string, string> = { x64: 'amd64', arm64: 'arm64' }
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export function run(command: string, args: readonly string[], cwd?: string, env?: Record<string, string>): void {
  const done = spawnSync(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    cwd,
    env: env === undefined ? process.env : { ...process.env, ...env },
  })
  if (done.error) throw done.error
  if (done.status !== 0) throw new Error(`${command} ${args[0] ?? ''} ended with ${done.status ?? done.signal}`)
}

/** A layout in `folder`, which must not exist yet. `createdAt` (seconds) is the time of every file and image. */
export function openLayout(folder: string, createdAt: number): ImageLayout {
  const blobs = join(folder, 'blobs/sha256')
  mkdirSync(blobs, { recursive: true })
  const manifests: object[] = []
  const architecture = architectures[process.arch] ?? process.arch
  const created = new Date(createdAt * 1000).toISOString()
  const addJson = (mediaType: string, value: unknown): Descriptor => {
    const bytes = Buffer.from(JSON.stringify(value))
    const hex = createHash('sha256').update(bytes).digest('hex')
    writeFileSync(join(blobs, hex), bytes)
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length }
  }
  return {
    addLayer: async (root, paths = ['.']) => {
      const tar = join(folder, 'layer.tar')
      run('tar', [...reproducible(createdAt), '-cf', tar, '-C', root, ...paths])
      const layer = await compress(tar, join(folder, 'layer.gz'))
      renameSync(join(folder, 'layer.gz'), join(blobs, layer.digest.slice('sha256:'.length)))
      rmSync(tar)
      return layer
    },
    addImage: (config, layers) => {
      const { name, user = '', workingDir = '/', env = {}, entrypoint, command } = config
      const image = addJson('application/vnd.oci.image.config.v1+json', {
        created,
        architecture,
        os: 'linux',
        config: {
          User: user,
          WorkingDir: workingDir,
          Env: Object.entries({ PATH: defaultPath, ...env }).map(([key, value]) => `${key}=${value}`),
          ...(entrypoint === undefined ? {} : { Entrypoint: entrypoint }),
          ...(command === undefined ? {} : { Cmd: command }),
        },
        rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
      })
      const mediaType = 'application/vnd.oci.image.manifest.v1+json'
      const manifest = addJson(mediaType, {
        schemaVersion: 2,
        mediaType,
        config: image,
        layers: layers.map(({ digest, size }) => ({
          mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
          digest,
          size,
        })),
      })
      manifests.push({
        ...manifest,
        platform: { architecture, os: 'linux' },
        annotations: {
          // Under the first containerd keeps the image, under the second skopeo and podman find it.
          'io.containerd.image.name': name,
          'org.opencontainers.image.ref.name': name,
        },
      })
    },
    writeArchive: (file) => {
      const mediaType = 'application/vnd.oci.image.index.v1+json'
      writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType, manifests }))
      writeFileSync(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
      run('tar', [...reproducible(createdAt), '-cf', file, '-C', folder, 'oci-layout', 'index.json', 'blobs'])
    },
  }
}

function reproducible(createdAt: number): string[] {
  return ['--sort=name', '--numeric-owner', `--mtime=@${createdAt}`, '--format=gnu']
}

/** The digests of the tar and of its compressed form, in one pass. */
async function compress(tar: string, into: string): Promise<Layer> {
  const inside = createHash('sha256')
  const outside = createHash('sha256')
  const counted = (hash: ReturnType<typeof createHash>) =>
    new PassThrough({
      transform(chunk, _encoding, done) {
        hash.update(chunk)
        done(null, chunk)
      },
    })
  await pipeline(
    createReadStream(tar, { highWaterMark: 1 << 20 }),
    counted(inside),
    createGzip({ level: 1 }),
    counted(outside),
    createWriteStream(into),
  )
  return {
    digest: `sha256:${outside.digest('hex')}`,
    diffId: `sha256:${inside.digest('hex')}`,
    size: statSync(into).size,
  }
}
