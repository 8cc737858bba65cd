/**
 * An estimate, made when a CRD is written, of the most that a rule can cost: loops count as often as the declared bounds
 * (or the largest request) allow. Coarser than the real server's, with its limits and texts (apiextensions' cel/compilation.go).
 */
import type { ASTNode } from '@marcbachmann/cel-js'
import type { SchemaNode } from '../schema/node.ts'
import { celName } from './types.ts'

export const perRuleLimit = 10_000_000
export const perSchemaLimit = 100_000_000
/** The largest body that a server takes: no value can have more characters, nor a list more items. */
const requestBytes = 3_145_728

type Scope = ReadonlyMap<string, SchemaNode | undefined>
const loops = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])
/** String functions that walk their text. */
const walking = new Set([
  'contains',
  'matches',
  'find',
  'findAll',
  'split',
  'replace',
  'join',
  'lowerAscii',
  'upperAscii',
  'trim',
  'format',
])

/** How often the values of a list or a map can come, at most. */
export function mostItems(node: SchemaNode | undefined): number {
  const { maxItems, maxProperties } = (node?.raw ?? {}) as { maxItems?: number; maxProperties?: number }
  return maxItems ?? maxProperties ?? Math.ceil(requestBytes / (smallest(node?.items ?? node?.additional) + 1))
}

/** The fewest characters of JSON that a value takes. */
function smallest(node: SchemaNode | undefined): number {
  switch (node?.type) {
    case 'object':
      return 2 + node.required.reduce((sum, name) => sum + name.length + 3 + smallest(node.properties.get(name)), 0)
    case 'boolean':
      return 4
    case 'integer':
    case 'number':
      return 1
    default:
      return 2
  }
}

function lengthOf(node: SchemaNode | undefined): number {
  const { maxLength, enum: values } = (node?.raw ?? {}) as { maxLength?: number; enum?: unknown[] }
  if (maxLength !== undefined) return maxLength
  if (Array.isArray(values)) return Math.max(...values.map((value) => String(value).length))
  return node?.type === 'string' ? requestBytes - 2 : 32
}

/** The schema of the value that an expression names, when it is a path. */
function nodeOf(ast: ASTNode, scope: Scope): SchemaNode | undefined {
  switch (ast.op) {
    case 'id':
      return scope.get(ast.args)
    case '.':
    case '.?': {
      const parent = nodeOf(ast.args[0], scope)
      const name = ast.args[1]
      return [...(parent?.properties ?? [])].find(([property]) => celName(property) === name)?.[1]
    }
    case '[]':
    case '[?]': {
      const parent = nodeOf(ast.args[0], scope)
      return parent?.items ?? parent?.additional
    }
    case 'rcall':
      return ast.args[0] === 'filter' ? nodeOf(ast.args[1], scope) : undefined
    default:
      return undefined
  }
}

const isNode = (value: unknown): value is ASTNode => typeof value === 'object' && value !== null && 'op' in value
function childrenOf(args: unknown): ASTNode[] {
  if (isNode(args)) return [args]
  return Array.isArray(args) ? args.flatMap(childrenOf) : []
}

export function costOf(ast: ASTNode, scope: Scope): number {
  const inner = () => childrenOf(ast.args).reduce((sum, child) => sum + costOf(child, scope), 0)
  if (ast.op !== 'rcall') return 1 + inner()
  const [name, receiver, args] = ast.args
  const [variable, ...body] = args
  if (!loops.has(name) || variable?.op !== 'id') {
    const walked = walking.has(name) ? Math.ceil(lengthOf(nodeOf(receiver, scope)) * 0.1) : 0
    return (
      1 +
      inner() +
      (name === 'matches' || name === 'find' || name === 'findAll' ? walked * patternFactor(args[0]) : walked)
    )
  }
  const list = nodeOf(receiver, scope)
  const item = list?.additional === undefined ? list?.items : undefined
  const within = new Map(scope).set(variable.args, item)
  const each = 2 + body.reduce((sum, part) => sum + costOf(part, within), 0)
  return costOf(receiver, scope) + timesOf(receiver, list) * each
}

function timesOf(receiver: ASTNode, list: SchemaNode | undefined): number {
  if (receiver.op === 'list') return receiver.args.length
  return mostItems(list)
}

const patternFactor = (pattern: ASTNode | undefined): number =>
  pattern?.op === 'value' ? Math.max(1, String(pattern.args).length * 0.25) : 8

/** `1.5x`, as the server prints how far a cost is over. */
export function overBy(cost: number, limit: number): string {
  const factor = cost / limit
  if (factor > 100) return 'more than 100x'
  return factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`
}
