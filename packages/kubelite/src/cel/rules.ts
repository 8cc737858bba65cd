/** `x-kubernetes-validations` of custom resources: compiled once for a schema, evaluated on each write. */
import { type Environment, EvaluationError, Optional, type ParseResult } from '@marcbachmann/cel-js'
import { sameJson } from '../patch/json-patch.ts'
import { isObject, type JsonObject, type OpenApiSchema, type SchemaNode } from '../schema/node.ts'
import type { FieldError } from '../status-error.ts'
import { kubernetesEnvironment } from './extensions.ts'
import { type CelType, CelTypes } from './types.ts'

export type Rule = {
  rule: string
  message?: string
  messageExpression?: string
  reason?: string
  fieldPath?: string
  optionalOldSelf?: boolean
}

export type CompiledRule = {
  source: Rule
  /** What is wrong with the rule or its messageExpression, as cel-js says it; such a rule is never evaluated. */
  fault?: string
  messageFault?: string
  program?: ParseResult
  message?: ParseResult
  usesOldSelf: boolean
}

export type RuleSet = {
  /** By schema: the rules of a node, in order, with its type. */
  rulesOf(node: SchemaNode): { type: CelType | undefined; rules: readonly CompiledRule[] } | undefined
  readonly empty: boolean
}

let shared: Environment | undefined

export const rulesIn = (schema: OpenApiSchema): Rule[] =>
  (Array.isArray(schema['x-kubernetes-validations']) ? schema['x-kubernetes-validations'] : []).filter(
    (rule): rule is Rule => isObject(rule) && typeof rule.rule === 'string',
  )

const hasRules = (schema: unknown): boolean =>
  Array.isArray(schema)
    ? schema.some(hasRules)
    : isObject(schema) && (Array.isArray(schema['x-kubernetes-validations']) || Object.values(schema).some(hasRules))

const compiled = new WeakMap<OpenApiSchema, RuleSet>()

/** The rules of a whole schema (its root node), compiled when they are first asked for. */
export function ruleSetOf(root: SchemaNode): RuleSet {
  let set = compiled.get(root.raw)
  if (set === undefined) {
    set = hasRules(root.raw) ? compileSet(root) : { empty: true, rulesOf: () => undefined }
    compiled.set(root.raw, set)
  }
  return set
}

function compileSet(root: SchemaNode): RuleSet {
  shared ??= kubernetesEnvironment()
  const environment = shared.clone()
  const types = new CelTypes(environment)
  types.of(root, true)
  const byNode = new Map<object, { type: CelType | undefined; rules: readonly CompiledRule[] }>()
  return {
    empty: false,
    rulesOf: (node) => {
      const sources = rulesIn(node.raw)
      if (sources.length === 0) return undefined
      let found = byNode.get(node.raw)
      if (found === undefined) {
        const type = types.of(node)
        found = { type, rules: sources.map((source) => compileRule(environment, type, source)) }
        byNode.set(node.raw, found)
      }
      return found
    },
  }
}

const usesOldSelf = (text: string) => /\boldSelf\b/.test(text.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, ''))

function compileRule(environment: Environment, type: CelType | undefined, source: Rule): CompiledRule {
  const out: CompiledRule = { source, usesOldSelf: usesOldSelf(source.rule) }
  const self = type?.name ?? 'dyn'
  const scope = environment
    .clone()
    .registerVariable('self', self)
    .registerVariable('oldSelf', source.optionalOldSelf ? `optional<${self}>` : self)
  const rule = compile(scope, source.rule)
  if (rule.program === undefined) out.fault = `compilation failed: ${rule.fault}`
  else if (rule.type !== 'bool') out.fault = 'cel expression must evaluate to a bool'
  else out.program = rule.program
  if (!source.messageExpression) return out
  const message = compile(scope, source.messageExpression)
  if (message.program === undefined) out.messageFault = `messageExpression compilation failed: ${message.fault}`
  else if (message.type !== 'string') out.messageFault = 'messageExpression must evaluate to a string'
  else out.message = message.program
  return out
}

/** Parses and type-checks; a fault is told with its place, as cel-go does. */
export function compile(scope: Environment, text: string): { program?: ParseResult; type?: string; fault?: string } {
  try {
    const program = scope.parse(text)
    const { valid, type = '', error } = program.check()
    return valid ? { program, type } : { fault: located(text, error) }
  } catch (error) {
    return { fault: located(text, error) }
  }
}

/** In cel-go's layout: the place, the line, and a caret under it. */
function located(text: string, error: unknown): string {
  const { summary, range } = error as { summary?: string; range?: { start: number } }
  // cel-go points at the dot before a field.
  const start =
    (range?.start ?? 0) - (summary?.startsWith('No such key') && text[(range?.start ?? 0) - 1] === '.' ? 1 : 0)
  const before = text.slice(0, start).split('\n')
  const [line, column] = [before.length, before.at(-1)?.length ?? 0]
  const words = (summary ?? 'not readable').replace(/^No such key: (.+)$/, "undefined field '$1'")
  return `ERROR: <input>:${line}:${column + 1}: ${words}\n | ${text.split('\n')[line - 1] ?? ''}\n | ${'.'.repeat(column)}^`
}

/** The faults of `value` by the rules of `node` alone. `old` is the value that was there, when one can be told. */
export function checkRules(set: RuleSet, node: SchemaNode, value: unknown, old: unknown, path: string): FieldError[] {
  const found = set.rulesOf(node)
  if (found === undefined) return []
  const { type, rules } = found
  const unchanged = old !== undefined && sameJson(value, old)
  const convert = type?.convert ?? ((same: unknown) => same)
  const before = old === undefined ? undefined : convert(old)
  const self = convert(value)
  return rules.flatMap((rule) => {
    const { source } = rule
    // What was there before is not refused for a rule that came later (ratcheting).
    if (rule.program === undefined || (rule.usesOldSelf ? before === undefined && !source.optionalOldSelf : unchanged))
      return []
    const oldSelf = source.optionalOldSelf ? (before === undefined ? Optional.none() : Optional.of(before)) : before
    const scope: JsonObject = { self, ...(oldSelf === undefined ? {} : { oldSelf }) }
    try {
      return rule.program(scope) === true ? [] : [fault(rule, scope, value, path)]
    } catch (error) {
      return [broken(error, rule, value, path)]
    }
  })
}

const reasons: Readonly<Record<string, FieldError['type']>> = {
  FieldValueRequired: 'FieldValueRequired',
  FieldValueForbidden: 'FieldValueForbidden',
  FieldValueDuplicate: 'FieldValueDuplicate',
}

function fault(rule: CompiledRule, scope: JsonObject, value: unknown, path: string): FieldError {
  const { source } = rule
  const type = reasons[source.reason ?? ''] ?? 'FieldValueInvalid'
  const shown = isObject(value) || Array.isArray(value) ? {} : { value }
  return {
    field: at(path, source.fieldPath),
    type,
    ...shown,
    ...(Object.keys(shown).length === 0 ? { unshown: true } : {}),
    detail: type === 'FieldValueDuplicate' ? '' : messageOf(rule, scope),
  }
}

const at = (path: string, fieldPath = ''): string =>
  `${path}${path === '' ? fieldPath.replace(/^\./, '') : fieldPath}`.replaceAll(/\['([^']+)'\]/g, '[$1]') || '<nil>'

function messageOf({ message, source }: CompiledRule, scope: JsonObject): string {
  try {
    const text: unknown = message?.(scope)
    // An empty or broken text falls back on the fixed one, as on a real server.
    if (typeof text === 'string' && text.trim() !== '' && !text.includes('\n')) return text.trim()
  } catch {
    // The rule still failed: it is told with its fixed text.
  }
  return source.message?.trim() || `failed rule: ${source.rule.trim()}`
}

function broken(error: unknown, rule: CompiledRule, value: unknown, path: string): FieldError {
  const text = error instanceof EvaluationError ? error.summary : error instanceof Error ? error.message : 'failed'
  const kind = Array.isArray(value)
    ? 'array'
    : typeof value === 'number'
      ? Number.isInteger(value)
        ? 'integer'
        : 'number'
      : typeof value
  return {
    field: path || '<nil>',
    type: 'FieldValueInvalid',
    value: kind,
    detail: `${text.replace('No such key', 'no such key')} evaluating rule: ${rule.source.message || rule.source.rule}`,
  }
}
