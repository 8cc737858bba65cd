/** From a server's OpenAPI document to the little that an editor needs of one kind. Pure. */
import type { ObjectSchema, SchemaNode } from '@keelson/contracts/objects'
import type { OpenApiDocument } from '@keelson/kube'

type Raw = Readonly<Record<string, unknown>>
const isRaw = (value: unknown): value is Raw => value !== null && typeof value === 'object' && !Array.isArray(value)
const longestDescription = 1_200

/** The schema of a kind with everything that it refers to. `root` is null where the document has no such kind. */
export function schemaOf(
  document: OpenApiDocument,
  wanted: { group: string; version: string; kind: string },
): ObjectSchema {
  const all = document.components?.schemas ?? {}
  const root = Object.keys(all).find((name) => {
    const kinds = isRaw(all[name]) ? all[name]['x-kubernetes-group-version-kind'] : undefined
    return (
      Array.isArray(kinds) &&
      kinds.some(
        (each) => each?.group === wanted.group && each?.version === wanted.version && each?.kind === wanted.kind,
      )
    )
  })
  const definitions: Record<string, SchemaNode> = {}
  const waiting = root === undefined ? [] : [root]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (Object.hasOwn(definitions, name)) continue
    definitions[name] = nodeOf(all[name], (reference) => waiting.push(reference))
  }
  return { root: root ?? null, definitions }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

function nodeOf(given: unknown, refer: (name: string) => void): SchemaNode {
  if (!isRaw(given)) return {}
  // A field with a description of its own wraps its type: `allOf: [{ $ref }]`.
  const [inner] = Array.isArray(given.allOf) && given.allOf.length === 1 ? given.allOf : []
  const raw: Raw = isRaw(inner) ? { ...inner, ...given } : given
  const $ref = textOf(raw.$ref)?.replace('#/components/schemas/', '')
  if ($ref !== undefined) refer($ref)
  const { properties, additionalProperties, items } = raw
  const isEmbedded = raw['x-kubernetes-embedded-resource'] === true
  const fields = isRaw(properties)
    ? Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, nodeOf(each, refer)]))
    : undefined
  return defined({
    $ref,
    type: textOf(raw.type),
    description: textOf(raw.description)?.slice(0, longestDescription),
    properties: fields,
    additionalProperties: isRaw(additionalProperties) ? nodeOf(additionalProperties, refer) : undefined,
    items: isRaw(items) ? nodeOf(items, refer) : undefined,
    enum: Array.isArray(raw.enum) ? raw.enum.filter(isScalar) : undefined,
    required: Array.isArray(raw.required) ? raw.required.filter((each) => typeof each === 'string') : undefined,
    open:
      raw['x-kubernetes-preserve-unknown-fields'] === true ||
      additionalProperties === true ||
      isEmbedded ||
      (raw.type === 'object' && fields === undefined && additionalProperties === undefined)
        ? true
        : undefined,
    intOrString: raw['x-kubernetes-int-or-string'] === true || isIntOrString(raw) ? true : undefined,
  })
}

/** Quantity and IntOrString are `oneOf` a number and a text. */
function isIntOrString(raw: Raw): boolean {
  const ways = Array.isArray(raw.oneOf) ? raw.oneOf : Array.isArray(raw.anyOf) ? raw.anyOf : []
  const types = ways.map((way) => (isRaw(way) ? way.type : undefined))
  return types.includes('string') && (types.includes('integer') || types.includes('number'))
}

const isScalar = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value)

function defined(node: SchemaNode): SchemaNode {
  return Object.fromEntries(Object.entries(node).filter(([, value]) => value !== undefined))
}
