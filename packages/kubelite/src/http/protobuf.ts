/**
 * Reads what Go clients send as `application/vnd.kubernetes.protobuf`: an envelope (`k8s\0`, runtime.Unknown) around a
 * message of the kind. Answers are JSON, which every such client accepts. Field numbers come from a generated table.
 */
import { readFileSync } from 'node:fs'
import type { JsonObject } from '../schema/node.ts'
import { badRequest, unsupportedMediaType } from '../status-error.ts'

/** number, JSON name, type, flags (r repeated, m map, p pointer, i inline, o omitempty). */
type Field = readonly [number, string, string, string]
const tables = JSON.parse(
  readFileSync(new URL('../openapi-data/protobuf-fields.json', import.meta.url), 'utf8'),
) as Record<string, readonly Field[]>

export const protobufType = 'application/vnd.kubernetes.protobuf'
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'
const malformed = () => badRequest('the body is not a valid protobuf message')

/** `definition` is the OpenAPI name of the expected kind, for lookup by the envelope's own kind when it differs. */
export function decodeProtobuf(
  body: Buffer,
  definitionOf: (apiVersion: string, kind: string) => string | undefined,
): JsonObject {
  if (body.subarray(0, 4).toString('latin1') !== 'k8s\0') throw malformed()
  const envelope = fieldsOf(body.subarray(4))
  const typeMeta = fieldsOf(bytesOf(envelope.get(1)))
  const apiVersion = bytesOf(typeMeta.get(1)).toString('utf8')
  const kind = bytesOf(typeMeta.get(2)).toString('utf8')
  const definition = kind === 'DeleteOptions' ? `${meta}.DeleteOptions` : definitionOf(apiVersion, kind)
  if (definition === undefined || tables[definition] === undefined) {
    throw unsupportedMediaType(`kubelite reads ${kind || 'this kind'} as application/json or application/yaml only`)
  }
  return { apiVersion, kind, ...(decodeMessage(bytesOf(envelope.get(2)), definition, 0) as JsonObject) }
}

type Raw = bigint | Buffer
type RawFields = Map<number, Raw[]>
const bytesOf = (values: Raw[] | undefined): Buffer => {
  const last = values?.at(-1)
  return Buffer.isBuffer(last) ? last : Buffer.alloc(0)
}

function fieldsOf(buffer: Buffer): RawFields {
  const out: RawFields = new Map()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = buffer[at]
      if (byte === undefined) throw malformed()
      at += 1
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
    throw malformed()
  }
  const take = (size: number): Buffer => {
    if (at + size > buffer.length) throw malformed()
    at += size
    return buffer.subarray(at - size, at)
  }
  while (at < buffer.length) {
    const key = varint()
    const wire = Number(key & 7n)
    const value =
      wire === 0 ? varint() : wire === 2 ? take(Number(varint())) : wire === 1 ? take(8) : wire === 5 ? take(4) : null
    if (value === null) throw malformed()
    const number = Number(key >> 3n)
    const list = out.get(number)
    if (list === undefined) out.set(number, [value])
    else list.push(value)
  }
  return out
}

const number = (value: Raw | undefined): number => (typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : 0)

/** Messages whose JSON form is not an object of their fields. Undefined: the zero value, which JSON leaves out. */
const special: Readonly<Record<string, (buffer: Buffer) => unknown>> = {
  [`${meta}.Time`]: (buffer) => timeText(buffer, 0),
  [`${meta}.MicroTime`]: (buffer) => timeText(buffer, 6),
  [`${meta}.FieldsV1`]: rawJson,
  [`${meta}.Duration`]: (buffer) => `${number(fieldsOf(buffer).get(1)?.at(-1)) / 1e9}s`,
  'io.k8s.apimachinery.pkg.runtime.RawExtension': rawJson,
  'io.k8s.apimachinery.pkg.api.resource.Quantity': (buffer) => bytesOf(fieldsOf(buffer).get(1)).toString('utf8'),
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': (buffer) => {
    const fields = fieldsOf(buffer)
    return number(fields.get(1)?.at(-1)) === 1 ? bytesOf(fields.get(3)).toString('utf8') : number(fields.get(2)?.at(-1))
  },
}

function timeText(buffer: Buffer, decimals: number): string | undefined {
  const fields = fieldsOf(buffer)
  if (fields.size === 0) return undefined
  const [seconds, nanos] = [number(fields.get(1)?.at(-1)), number(fields.get(2)?.at(-1))]
  const text = new Date(seconds * 1000).toISOString().slice(0, 19)
  return decimals === 0 ? `${text}Z` : `${text}.${String(nanos).padStart(9, '0').slice(0, decimals)}Z`
}

function rawJson(buffer: Buffer): unknown {
  const raw = bytesOf(fieldsOf(buffer).get(1))
  if (raw.length === 0) return undefined
  try {
    return JSON.parse(raw.toString('utf8'))
  } catch {
    throw malformed()
  }
}

function decodeMessage(buffer: Buffer, type: string, depth: number): unknown {
  if (depth > 40) throw malformed()
  const make = special[type]
  if (make !== undefined) return make(buffer)
  const table = tables[type]
  if (table === undefined) throw malformed()
  const fields = fieldsOf(buffer)
  // A named list (ExtraValue, Verbs) is a message with one repeated field.
  const [only] = table
  if (table.length === 1 && only?.[1] === 'items' && only[2] === 'string')
    return (fields.get(only[0]) ?? []).map((value) => bytesOf([value]).toString('utf8'))
  const out: JsonObject = {}
  for (const [id, name, fieldType, flags] of table) {
    const values = fields.get(id)
    if (values === undefined) continue
    const decoded = decodeField(values, fieldType, flags, depth)
    if (decoded === undefined) continue
    if (flags.includes('i')) Object.assign(out, decoded)
    else if (flags.includes('p') || !isZero(decoded)) out[name] = decoded
  }
  return out
}

/** Go writes plain (not pointer) fields even when they hold nothing. */
const isZero = (value: unknown): boolean => value === '' || value === 0 || value === false

function decodeField(values: Raw[], type: string, flags: string, depth: number): unknown {
  if (flags.startsWith('m')) {
    const pairs = values.map((value) => {
      const entry = fieldsOf(bytesOf([value]))
      return [
        bytesOf(entry.get(1)).toString('utf8'),
        decodeValue(entry.get(2)?.at(-1) ?? Buffer.alloc(0), type, depth),
      ] as const
    })
    return Object.fromEntries(pairs)
  }
  if (!flags.startsWith('r')) {
    const last = values.at(-1)
    return last === undefined ? undefined : decodeValue(last, type, depth)
  }
  const isNumber = /^(u?int|bool)/.test(type)
  return values.flatMap((value) =>
    isNumber && Buffer.isBuffer(value) ? unpack(value) : [decodeValue(value, type, depth)],
  )
}

function unpack(buffer: Buffer): number[] {
  const out: number[] = []
  let value = 0n
  let shift = 0n
  for (const byte of buffer) {
    value |= BigInt(byte & 127) << shift
    shift += 7n
    if (byte < 128) {
      out.push(number(value))
      value = 0n
      shift = 0n
    }
  }
  return out
}

function decodeValue(value: Raw, type: string, depth: number): unknown {
  switch (type) {
    case 'string':
      return bytesOf([value]).toString('utf8')
    case 'bytes':
      return bytesOf([value]).toString('base64')
    case 'bool':
      return number(value) !== 0
    case 'double':
      return Buffer.isBuffer(value) && value.length === 8 ? value.readDoubleLE(0) : 0
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
      return number(value)
    default:
      return decodeMessage(bytesOf([value]), type, depth + 1)
  }
}
