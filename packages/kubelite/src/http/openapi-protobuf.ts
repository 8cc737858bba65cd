/**
 * The OpenAPI v2 document as protobuf (gnostic's `openapi.v2.Document`): kubectl reads nothing else of v2, and asks for it where
 * v3 has no answer: for a List, for a kind that is not served, for `explain --output plaintext-openapiv2`. Field numbers are those
 * of github.com/google/gnostic-models/openapiv2/OpenAPIv2.proto.
 */
import { stringify } from 'yaml'
import { isObject, type JsonObject } from '../schema/node.ts'

/** What clients ask for, and what it is called in the answer. */
export const openApiV2Asked = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
export const openApiV2Answered = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
  return Buffer.from(bytes)
}

const bytes = (field: number, payload: Buffer): Buffer =>
  Buffer.concat([varint(field * 8 + 2), varint(payload.length), payload])
const text = (field: number, value: unknown): Buffer =>
  typeof value === 'string' && value !== '' ? bytes(field, Buffer.from(value)) : Buffer.alloc(0)
const texts = (field: number, values: unknown): Buffer[] =>
  Array.isArray(values) ? values.map((value) => text(field, value)) : []
const flag = (field: number, value: unknown): Buffer => (value === true ? Buffer.from([field * 8, 1]) : Buffer.alloc(0))
const double = (field: number, value: unknown): Buffer => {
  if (typeof value !== 'number') return Buffer.alloc(0)
  const out = Buffer.alloc(8)
  out.writeDoubleLE(value)
  return Buffer.concat([varint(field * 8 + 1), out])
}
const integer = (field: number, value: unknown): Buffer =>
  typeof value === 'number' ? Buffer.concat([varint(field * 8), varint(value)]) : Buffer.alloc(0)
const message = (field: number, parts: readonly Buffer[]): Buffer => bytes(field, Buffer.concat(parts))
const optional = (field: number, value: unknown, encode: (value: JsonObject) => Buffer[]): Buffer =>
  isObject(value) ? message(field, encode(value)) : Buffer.alloc(0)

/** `Any`, whose value is YAML. */
const any = (field: number, value: unknown): Buffer =>
  value === undefined ? Buffer.alloc(0) : message(field, [text(2, stringify(value))])

/** `NamedAny` for each `x-…` of an object. */
const extensions = (field: number, source: JsonObject): Buffer[] =>
  Object.entries(source)
    .filter(([name]) => name.startsWith('x-'))
    .map(([name, value]) => message(field, [text(1, name), any(2, value)]))

const named = (field: number, entries: unknown, encode: (value: JsonObject) => Buffer[]): Buffer[] =>
  Object.entries(isObject(entries) ? entries : {}).flatMap(([name, value]) =>
    isObject(value) ? [message(field, [text(1, name), message(2, encode(value))])] : [],
  )

function schema(source: JsonObject): Buffer[] {
  const { additionalProperties: additional, items } = source
  return [
    text(1, source.$ref),
    text(2, source.format),
    text(3, source.title),
    text(4, source.description),
    any(5, source.default),
    double(6, source.multipleOf),
    double(7, source.maximum),
    flag(8, source.exclusiveMaximum),
    double(9, source.minimum),
    flag(10, source.exclusiveMinimum),
    integer(11, source.maxLength),
    integer(12, source.minLength),
    text(13, source.pattern),
    integer(14, source.maxItems),
    integer(15, source.minItems),
    flag(16, source.uniqueItems),
    integer(17, source.maxProperties),
    integer(18, source.minProperties),
    ...texts(19, source.required),
    ...(Array.isArray(source.enum) ? source.enum.map((value) => any(20, value)) : []),
    typeof additional === 'boolean'
      ? message(21, [flag(2, additional)])
      : optional(21, additional, (value) => [message(1, schema(value))]),
    typeof source.type === 'string' ? message(22, [text(1, source.type)]) : Buffer.alloc(0),
    optional(23, items, (value) => [message(1, schema(value))]),
    ...(Array.isArray(source.allOf) ? source.allOf.filter(isObject).map((part) => message(24, schema(part))) : []),
    isObject(source.properties) ? message(25, named(1, source.properties, schema)) : Buffer.alloc(0),
    ...extensions(31, source),
  ]
}

/** A query parameter: `ParametersItem.parameter.non_body_parameter.query_parameter_sub_schema`. */
const parameter = (source: JsonObject): Buffer =>
  message(8, [message(1, [message(2, [message(3, [text(2, source.in), text(4, source.name), text(6, source.type)])])])])

const response = (source: JsonObject): Buffer[] => [
  message(1, [text(1, source.description), optional(2, source.schema, (value) => [message(1, schema(value))])]),
]

const operation = (source: JsonObject): Buffer[] => [
  text(5, source.operationId),
  ...texts(7, source.consumes),
  ...(Array.isArray(source.parameters) ? source.parameters.filter(isObject).map(parameter) : []),
  message(9, named(1, source.responses, response)),
  ...extensions(13, source),
]

const verbs = { get: 2, put: 3, post: 4, delete: 5, patch: 7 } as const
const pathItem = (source: JsonObject): Buffer[] =>
  Object.entries(verbs).map(([verb, field]) => optional(field, source[verb], operation))

/** The whole document, of what `openApiV2` makes. */
export function encodeOpenApiV2(document: JsonObject): Buffer {
  const info = isObject(document.info) ? document.info : {}
  return Buffer.concat([
    text(1, document.swagger),
    message(2, [text(1, info.title), text(2, info.version)]),
    message(8, named(2, document.paths, pathItem)),
    message(9, named(1, document.definitions, schema)),
  ])
}
