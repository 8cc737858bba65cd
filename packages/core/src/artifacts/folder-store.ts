import { randomUUID } from 'node:crypto'
import { constants, createWriteStream } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AppError } from '@keelson/process/app-error'
import { partsOfKey } from './key.rules.ts'
import type { ArtifactEntry, ArtifactStore } from './store.ts'

export type FolderArtifactStoreOptions = {
  /** The folder that holds all artifacts; made when missing. Unfinished uploads are in `.unfinished` below it. */
  root: string
  /** The largest artifact in bytes. Default 20 GiB. */
  maxBytes?: number
}

const defaultMaxBytes = 20 * 1024 ** 3
const unfinishedFolder = '.unfinished'

/**
 * Artifacts as plain files. A write goes to a temporary file, is synced and renamed, so that a reader (and a machine that
 * lost its power) sees the whole artifact or none. Symbolic links are never followed.
 */
export function createFolderArtifactStore(options: FolderArtifactStoreOptions): ArtifactStore {
  const { root } = options
  const maxBytes = options.maxBytes ?? defaultMaxBytes
  return {
    write: (key, body, signal) => writeArtifact(root, key, body, maxBytes, signal),
    read: (key) => readArtifact(root, key),
    list: (prefix) => listArtifacts(root, prefix),
    delete: (prefix) => deleteArtifacts(root, prefix),
  }
}

async function writeArtifact(
  root: string,
  key: string,
  body: Readable,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<{ sizeBytes: number }> {
  const parts = storedParts(key)
  const target = join(root, ...parts)
  await makeFolders(root, parts.slice(0, -1))
  if ((await kindOf(target)) === 'folder')
    throw new AppError('invalid', `There is already a folder at '${parts.at(-1)}'.`)
  await mkdir(join(root, unfinishedFolder), { recursive: true })
  const temporary = join(root, unfinishedFolder, randomUUID())
  try {
    const sizeBytes = await spool(temporary, body, maxBytes, signal)
    await rename(temporary, target)
    await syncFolder(dirname(target))
    return { sizeBytes }
  } catch (error) {
    await rm(temporary, { force: true })
    throw asStoreError(error)
  }
}

async function spool(path: string, body: Readable, maxBytes: number, signal: AbortSignal | undefined): Promise<number> {
  let sizeBytes = 0
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length
      if (sizeBytes > maxBytes)
        done(new AppError('invalid', `An artifact may have at most ${maxBytes} bytes; this one has more.`))
      else done(null, chunk)
    },
  })
  // `flush` makes the stream sync the file before it closes it.
  const file = createWriteStream(path, { flags: 'wx', flush: true, mode: 0o640 })
  await (signal === undefined ? pipeline(body, counter, file) : pipeline(body, counter, file, { signal }))
  return sizeBytes
}

async function readArtifact(root: string, key: string): Promise<{ body: Readable; sizeBytes: number }> {
  const parts = storedParts(key)
  if ((await kindOfPath(root, parts)) !== 'file') throw noSuchArtifact(key)
  const handle = await openWithoutLinks(join(root, ...parts), key)
  try {
    const { size } = await handle.stat()
    return { body: handle.createReadStream(), sizeBytes: size }
  } catch (error) {
    await handle.close()
    throw asStoreError(error)
  }
}

async function openWithoutLinks(path: string, key: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  } catch (cause) {
    throw codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ELOOP' ? noSuchArtifact(key) : asStoreError(cause)
  }
}

async function listArtifacts(root: string, prefix: string): Promise<ArtifactEntry[]> {
  const parts = storedParts(prefix)
  if ((await kindOfPath(root, parts)) !== 'folder') return []
  const folder = join(root, ...parts)
  const found = await readdir(folder, { withFileTypes: true })
  const entries = await Promise.all(
    found
      .filter((entry) => entry.isFile() || entry.isDirectory())
      .map(async (entry): Promise<ArtifactEntry> => {
        if (entry.isDirectory()) return { path: entry.name, isDirectory: true, sizeBytes: null }
        return { path: entry.name, isDirectory: false, sizeBytes: (await lstat(join(folder, entry.name))).size }
      }),
  )
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1))
}

async function deleteArtifacts(root: string, prefix: string): Promise<void> {
  const parts = storedParts(prefix)
  if ((await kindOfPath(root, parts)) === 'nothing') return
  await rm(join(root, ...parts), { recursive: true, force: true })
  await removeEmptyParents(root, parts.slice(0, -1))
}

/** Folders are only there because artifacts are in them, as in an object store: a folder left empty goes too. */
async function removeEmptyParents(root: string, parts: readonly string[]): Promise<void> {
  for (let length = parts.length; length > 1; length -= 1) {
    try {
      await rmdir(join(root, ...parts.slice(0, length)))
    } catch {
      return
    }
  }
}

/** The parts of a key, first part a workspace: our own folder can never be named. */
function storedParts(key: string): string[] {
  const parts = partsOfKey(key)
  if (parts[0] === unfinishedFolder) throw new AppError('invalid', 'Invalid path')
  return parts
}

/** Makes the folders one by one, refusing to pass through anything that is no folder. */
async function makeFolders(root: string, parts: readonly string[]): Promise<void> {
  await mkdir(root, { recursive: true })
  let path = root
  for (const part of parts) {
    path = join(path, part)
    try {
      await mkdir(path, { mode: 0o750 })
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw asStoreError(error)
      if ((await kindOf(path)) !== 'folder')
        throw new AppError('invalid', `'${part}' is an artifact, so nothing can be put below it.`)
    }
  }
}

type Kind = 'file' | 'folder' | 'other' | 'nothing'

async function kindOf(path: string): Promise<Kind> {
  try {
    const found = await lstat(path)
    if (found.isFile()) return 'file'
    return found.isDirectory() ? 'folder' : 'other'
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return 'nothing'
    throw asStoreError(error)
  }
}

/** The kind of the last part, `nothing` where any part on the way is no real folder. */
async function kindOfPath(root: string, parts: readonly string[]): Promise<Kind> {
  let path = root
  for (const part of parts.slice(0, -1)) {
    path = join(path, part)
    if ((await kindOf(path)) !== 'folder') return 'nothing'
  }
  return kindOf(join(root, ...parts))
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } catch {
    // Some file systems cannot sync a folder; the file itself is synced.
  } finally {
    await handle.close()
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function asStoreError(error: unknown): unknown {
  if (codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT')
    return new AppError('unavailable', 'The disk of the artifact store is full. Nothing was written.', { cause: error })
  return error
}

function noSuchArtifact(key: string): AppError {
  return new AppError('not_found', `No such artifact: '${key.split('/').slice(1).join('/')}'`)
}
