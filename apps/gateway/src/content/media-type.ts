const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  csv: 'text/plain; charset=utf-8',
  gif: 'image/gif',
  htm: 'text/html; charset=utf-8',
  html: 'text/html; charset=utf-8',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  json: 'application/json; charset=utf-8',
  log: 'text/plain; charset=utf-8',
  md: 'text/plain; charset=utf-8',
  mlmodel: 'text/plain; charset=utf-8',
  pdf: 'application/pdf',
  png: 'image/png',
  py: 'text/plain; charset=utf-8',
  svg: 'image/svg+xml',
  tsv: 'text/plain; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  webp: 'image/webp',
  yaml: 'text/plain; charset=utf-8',
  yml: 'text/plain; charset=utf-8',
}

/** By the file's extension; what is unknown is only downloaded. */
export function mediaTypeOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  return types[name === 'mlmodel' ? name : name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
}
