import { isObject, type SchemaNode } from '../schema/node.ts'
import type { FieldError } from '../status-error.ts'
import { checkRules, type RuleSet, ruleSetOf } from './rules.ts'

/** The faults of a whole object by the rules of its schema; `old` is what an update replaces. */
export function validateRules(root: SchemaNode, object: unknown, old?: unknown): FieldError[] {
  const set = ruleSetOf(root)
  return set.empty ? [] : walk(set, root, object, old, '')
}

/** Said when faults of the schema keep the rules from being evaluated. */
export const rulesNotChecked: FieldError = {
  field: '<nil>',
  type: 'FieldValueInvalid',
  value: null,
  detail:
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
}

function walk(set: RuleSet, node: SchemaNode, value: unknown, old: unknown, path: string): FieldError[] {
  if (value === null || value === undefined) return []
  const errors = checkRules(set, node, value, old, path)
  if (Array.isArray(value)) {
    const { items } = node
    if (items === undefined) return errors
    const before = Array.isArray(old) ? old : []
    return [
      ...errors,
      ...value.flatMap((item, index) => walk(set, items, item, sameItem(node, before, item), `${path}[${index}]`)),
    ]
  }
  if (!isObject(value)) return errors
  const before = isObject(old) ? old : {}
  for (const [key, inner] of Object.entries(value)) {
    const child = node.property(key)
    const at = path === '' ? key : `${path}.${key}`
    if (child !== undefined) errors.push(...walk(set, child, inner, before[key], at))
  }
  return errors
}

/** The old item that has the same keys; only lists that merge by key tell. */
function sameItem(node: SchemaNode, before: readonly unknown[], item: unknown): unknown {
  if (node.listType !== 'map' || !isObject(item)) return undefined
  return before.find((other) => isObject(other) && node.listKeys.every((key) => other[key] === item[key]))
}
