import { AppError } from '@keelson/process/app-error'

const maxKeyLength = 2_000

/**
 * The parts of an artifact key or path. Refuses what could leave its root or mean another thing to another reader: `..`,
 * empty and `.` parts, backslashes, NUL, and percent-encodings of those, however often encoded.
 */
export function partsOfKey(key: string): string[] {
  if (key.length === 0 || key.length > maxKeyLength) throw invalidPath()
  const parts = key.split('/')
  for (const part of parts) if (!isSafePart(part)) throw invalidPath()
  return parts
}

/** A path below some root as clients give it: empty for the root itself, one trailing slash allowed. */
export function cleanRelativePath(path: string): string {
  const trimmed = path.endsWith('/') ? path.slice(0, -1) : path
  return trimmed === '' || trimmed === '.' ? '' : partsOfKey(trimmed).join('/')
}

function isSafePart(part: string): boolean {
  // A name of more than 255 bytes is refused by every file system that we know.
  if (part === '' || Buffer.byteLength(part) > 255) return false
  let decoded = part
  for (let round = 0; round < 8; round += 1) {
    if (decoded === '.' || decoded === '..' || /[/\\\0]/.test(decoded)) return false
    const next = decodeOnce(decoded)
    if (next === null || next === decoded) return true
    decoded = next
  }
  return false
}

function decodeOnce(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    // Not an encoding: the percent sign is only a character of the name.
    return null
  }
}

function invalidPath(): AppError {
  return new AppError('invalid', 'Invalid path', { faults: [{ field: 'path', message: 'Invalid path' }] })
}
