/** The addresses of a volume's files on the platform's front, and what is shown in the page. Pure. */
export type FileEntry = {
  name: string
  kind: 'file' | 'folder' | 'link' | 'other'
  sizeBytes: number | null
  modifiedAt: string
  target: string | null
}
export type FileList = {
  entries: FileEntry[]
  /** The name after which the next page begins. */
  next: string | null
  count: number
  usedBytes: number | null
}

type Where = { workspace: string; name: string }

export function filesAddress({ workspace, name }: Where, call: string, query: Record<string, string> = {}): string {
  const base = `/workspaces/${encodeURIComponent(workspace)}/volumes/${encodeURIComponent(name)}/files/${call}`
  const search = new URLSearchParams(query).toString()
  return search === '' ? base : `${base}?${search}`
}

export function joinPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

export function parentOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
}

/** A folder's way from the volume, each step with its path. */
export function stepsOf(path: string): { name: string; path: string }[] {
  const names = path === '' ? [] : path.split('/')
  return names.map((name, index) => ({ name, path: names.slice(0, index + 1).join('/') }))
}

const pictures = /\.(png|jpe?g|gif|webp|bmp)$/i
const texts =
  /(^|\/)(readme|license|makefile|dockerfile|\.[\w.-]+)$|\.(txt|md|log|csv|tsv|json|jsonl|ya?ml|toml|ini|cfg|conf|py|ipynb|r|sh|sql|js|ts|tsx|jsx|html?|css|xml|svg|java|go|rs|c|h|cpp|env|lock|properties|proto|tf)$/i
const mostPictureBytes = 20 * 1024 * 1024

/** How a file can be looked at: a picture that is not too large, text, or not at all. */
export function previewOf({ name, kind, sizeBytes }: FileEntry): 'picture' | 'text' | null {
  if (kind !== 'file') return null
  if (pictures.test(name)) return (sizeBytes ?? 0) <= mostPictureBytes ? 'picture' : null
  return texts.test(name) ? 'text' : null
}

/** Why a name cannot be given; null where it can. */
export function nameFault(name: string): string | null {
  if (name === '') return 'A name is needed.'
  if (name.includes('/') || name === '.' || name === '..') return 'A name has no "/" and is not "." or "..".'
  return new TextEncoder().encode(name).length > 255 ? 'The name is too long.' : null
}
