/** The words of Go's decoders for bodies and numbers that they cannot read. */
import { badRequest, type StatusError } from '../status-error.ts'

export const typeMetaStruct =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

export const badNumber = (text: string): StatusError =>
  badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)

/** The first 30 bytes, as text when they begin an object, else as hex (`summarizeData`). */
export function summary(body: Buffer): string {
  if (body.length === 0) return '<empty>'
  const head = body.subarray(0, 30)
  return `${body[0] === 0x7b ? head.toString() : head.toString('hex')}${body.length > 30 ? ' ...' : ''}`
}
