import type { ErrorBody } from '@keelson/contracts/errors'
import type { CodeMark } from '@keelson/ui/code-editor'
import { parsePath, placeOf } from './schema/yaml-text.ts'

/** What the server found wrong, at the fields that it names. */
export function serverMarks(text: string, error: ErrorBody): CodeMark[] {
  return (error.faults ?? [])
    .filter(({ field }) => field !== '' && field !== 'yaml')
    .map(({ field, message }) => {
      const place = placeOf(text, parsePath(field))
      return {
        from: place.from,
        to: Math.max(place.to, place.from + 1),
        severity: 'error',
        message: `${field}: ${message}`,
      }
    })
}
