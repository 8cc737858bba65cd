'use client'
import { type FileList, filesAddress } from './file-address.ts'

type Where = { workspace: string; name: string }

/** What the platform or the volume said no with, in its words. */
export class FilesFault extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

async function faultOf(response: Response): Promise<FilesFault> {
  const body = (await response.json().catch(() => ({}))) as { message?: string }
  return new FilesFault(response.status, body.message ?? 'The file browser does not answer.')
}

async function ask<T>(where: Where, method: string, call: string, query: Record<string, string>, signal?: AbortSignal) {
  const response = await fetch(filesAddress(where, call, query), { method, ...(signal ? { signal } : {}) })
  if (!response.ok) throw await faultOf(response)
  return (await response.json()) as T
}

export function listFiles(where: Where, path: string, after: string | null, signal: AbortSignal): Promise<FileList> {
  return ask(where, 'GET', 'list', { path, ...(after === null ? {} : { after }) }, signal)
}

export const makeFolder = (where: Where, path: string) => ask(where, 'POST', 'folder', { path })
export const moveEntry = (where: Where, path: string, to: string) => ask(where, 'POST', 'move', { path, to })
export const deleteEntry = (where: Where, path: string) => ask(where, 'DELETE', 'entry', { path })
export const dropUpload = (where: Where, id: string) => ask(where, 'DELETE', 'upload', { id })

const shownBytes = 256 * 1024

/** The beginning of a file as text. */
export async function readText(
  where: Where,
  path: string,
  signal: AbortSignal,
): Promise<{ text: string; cut: boolean }> {
  const headers = { range: `bytes=0-${shownBytes - 1}` }
  const response = await fetch(filesAddress(where, 'file', { path, show: '1' }), { headers, signal })
  if (response.status === 416) return { text: '', cut: false }
  if (!response.ok) throw await faultOf(response)
  const total = Number(response.headers.get('content-range')?.split('/')[1] ?? 0)
  return { text: await response.text(), cut: total > shownBytes }
}

export type UploadWish = {
  where: Where
  path: string
  file: File
  /** What the upload is called, so that it can go on after a break. */
  id: string
  overwrite: boolean
  signal: AbortSignal
  onProgress(sentBytes: number): void
}

/** Sends a file from where an earlier try of the same id ended. XMLHttpRequest, as fetch tells no progress. */
export async function upload({ where, path, file, id, overwrite, signal, onProgress }: UploadWish): Promise<void> {
  const { offset } = await ask<{ offset: number }>(where, 'GET', 'upload', { id }, signal)
  const from = offset <= file.size ? offset : 0
  const query = { path, id, offset: String(from), total: String(file.size), ...(overwrite ? { overwrite: '1' } : {}) }
  await new Promise<void>((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('PUT', filesAddress(where, 'upload', query))
    request.upload.onprogress = (event) => onProgress(from + event.loaded)
    request.onload = () => {
      if (request.status < 300) return resolve()
      let message = 'The upload failed.'
      try {
        message = (JSON.parse(request.responseText) as { message?: string }).message ?? message
      } catch {
        // No word of ours: the sentence above is all there is.
      }
      reject(new FilesFault(request.status, message))
    }
    request.onerror = () => reject(new FilesFault(0, 'The connection was cut.'))
    request.onabort = () => reject(new FilesFault(0, 'Stopped.'))
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.send(file.slice(from))
  })
}
