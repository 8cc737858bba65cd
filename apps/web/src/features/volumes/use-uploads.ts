'use client'
import { useRef, useState } from 'react'
import { joinPath } from './file-address.ts'
import { dropUpload, FilesFault, upload } from './files-client.ts'

export type Upload = {
  id: string
  name: string
  path: string
  sizeBytes: number
  sentBytes: number
  state: 'waiting' | 'sending' | 'failed' | 'taken'
  message: string | null
}

type Job = { file: File; stopper: AbortController }
type Where = { workspace: string; name: string }

function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Files on their way to a volume, one after the other. What failed goes on where it ended; what is stopped leaves nothing. */
export function useUploads(where: Where, onDone: () => void) {
  const [uploads, setUploads] = useState<Upload[]>([])
  const jobs = useRef(new Map<string, Job>())
  const queue = useRef<Promise<void>>(Promise.resolve())
  const change = (id: string, part: Partial<Upload>) =>
    setUploads((all) => all.map((one) => (one.id === id ? { ...one, ...part } : one)))
  const forget = (id: string) => {
    jobs.current.delete(id)
    setUploads((all) => all.filter((one) => one.id !== id))
  }
  const send = async (id: string, path: string, overwrite: boolean) => {
    const job = jobs.current.get(id)
    if (job === undefined || job.stopper.signal.aborted) return
    change(id, { state: 'sending', message: null })
    try {
      const onProgress = (sentBytes: number) => change(id, { sentBytes })
      await upload({ where, path, file: job.file, id, overwrite, signal: job.stopper.signal, onProgress })
      forget(id)
      onDone()
    } catch (error) {
      if (job.stopper.signal.aborted) return
      const message = error instanceof FilesFault ? error.message : 'The upload failed.'
      const isTaken = error instanceof FilesFault && error.status === 409 && message.includes('of that name')
      change(id, { state: isTaken ? 'taken' : 'failed', message })
    }
  }
  const line = (id: string, path: string, overwrite: boolean) => {
    queue.current = queue.current.then(() => send(id, path, overwrite))
  }
  return {
    uploads,
    add: (folder: string, files: readonly File[]) => {
      for (const file of files) {
        const id = newId()
        const path = joinPath(folder, file.name)
        jobs.current.set(id, { file, stopper: new AbortController() })
        setUploads((all) => [
          ...all,
          { id, name: file.name, path, sizeBytes: file.size, sentBytes: 0, state: 'waiting', message: null },
        ])
        line(id, path, false)
      }
    },
    /** Once more, over what is there where that was the trouble. */
    again: ({ id, path, state }: Upload) => {
      change(id, { state: 'waiting', message: null })
      line(id, path, state === 'taken')
    },
    stop: ({ id }: Upload) => {
      jobs.current.get(id)?.stopper.abort()
      forget(id)
      // The rest of the connection may still be on its way: what is left then is taken away by the volume itself within a day.
      void dropUpload(where, id).catch(() => {})
    },
  }
}
