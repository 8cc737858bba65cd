/** What a CRD's `x-kubernetes-validations` must be: rules that compile, cheap enough, with reasons and paths that exist. */
import { costOf, mostItems, overBy, perRuleLimit, perSchemaLimit } from '../cel/cost.ts'
import { type CompiledRule, type Rule, type RuleSet, ruleSetOf } from '../cel/rules.ts'
import { type OpenApiSchema, type SchemaNode, schemaNode } from '../schema/node.ts'
import type { FieldError } from '../status-error.ts'

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']
const advice =
  '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)'

type Costs = { path: string; cost: number }[]
/** Where a node stands: how often it can come, and the list above it in which no old item can be told. */
type Place = { path: string; times: number; uncorrelated: string | undefined }

/** All faults of the rules in one version's schema. `path` names it. */
export function validateCrdRules(schema: OpenApiSchema, path: string): FieldError[] {
  const root = schemaNode(schema)
  const set = ruleSetOf(root)
  if (set.empty) return []
  const costs: Costs = []
  const errors = walk(set, root, { path, times: 1, uncorrelated: undefined }, costs)
  const total = costs.reduce((sum, entry) => sum + entry.cost, 0)
  if (total <= perSchemaLimit) return errors
  const costly = costs.filter((entry) => entry.cost > perRuleLimit)
  return [
    ...errors,
    ...costly.map((entry) =>
      forbidden(
        entry.path,
        'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema',
      ),
    ),
    forbidden(
      path,
      `x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of ${overBy(total, perSchemaLimit)} ${advice}`,
    ),
  ]
}

const forbidden = (field: string, detail: string): FieldError => ({ field, type: 'FieldValueForbidden', detail })
const invalid = (field: string, value: unknown, detail: string): FieldError => ({
  field,
  type: 'FieldValueInvalid',
  value,
  detail,
})

function walk(set: RuleSet, node: SchemaNode, place: Place, costs: Costs): FieldError[] {
  const { path, times, uncorrelated } = place
  const errors = (set.rulesOf(node)?.rules ?? []).flatMap((rule, index) =>
    validateRule(node, rule, { ...place, path: `${path}.x-kubernetes-validations[${index}]` }, costs),
  )
  for (const [name, child] of node.properties)
    errors.push(...walk(set, child, { ...place, path: `${path}.properties[${name}]` }, costs))
  const inner = times * mostItems(node)
  if (node.items !== undefined) {
    const within = uncorrelated ?? (node.listType === 'map' ? undefined : path)
    errors.push(...walk(set, node.items, { path: `${path}.items`, times: inner, uncorrelated: within }, costs))
  }
  if (node.additional !== undefined)
    errors.push(...walk(set, node.additional, { ...place, path: `${path}.additionalProperties`, times: inner }, costs))
  return errors
}

function validateRule(node: SchemaNode, compiled: CompiledRule, place: Place, costs: Costs): FieldError[] {
  const { source } = compiled
  const { path, times, uncorrelated } = place
  if (source.rule.trim() === '')
    return [{ field: `${path}.rule`, type: 'FieldValueRequired', detail: 'rule is not specified' }]
  const errors = validateTexts(node, source, path)
  if (compiled.fault !== undefined) errors.push(invalid(`${path}.rule`, shown(source), compiled.fault))
  if (compiled.messageFault !== undefined)
    errors.push(invalid(`${path}.messageExpression`, shown(source), compiled.messageFault))
  if (source.optionalOldSelf !== undefined && !compiled.usesOldSelf && compiled.program !== undefined)
    errors.push(
      invalid(`${path}.optionalOldSelf`, source.optionalOldSelf, 'may not be set if oldSelf is not used in rule'),
    )
  if (compiled.usesOldSelf && uncorrelated !== undefined)
    errors.push(
      invalid(
        `${path}.rule`,
        source.rule,
        `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`,
      ),
    )
  const scope = new Map([
    ['self', node],
    ['oldSelf', node],
  ])
  const cost = compiled.program === undefined ? 0 : costOf(compiled.program.ast, scope) * times
  costs.push({ path: `${path}.rule`, cost })
  if (cost > perRuleLimit)
    errors.push(
      forbidden(
        `${path}.rule`,
        `estimated rule cost exceeds budget by factor of ${overBy(cost, perRuleLimit)} ${advice}`,
      ),
    )
  return errors
}

/** As Go prints the rule it refuses. */
const shown = (rule: Rule) => ({
  Rule: rule.rule,
  Message: rule.message ?? '',
  MessageExpression: rule.messageExpression ?? '',
  Reason: rule.reason ?? null,
  FieldPath: rule.fieldPath ?? '',
  OptionalOldSelf: rule.optionalOldSelf ?? null,
})

function validateTexts(node: SchemaNode, rule: Rule, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { message, reason, fieldPath } = rule
  if (message !== undefined && message !== '' && message.trim() === '')
    errors.push(invalid(`${path}.message`, message, 'must be non-empty if specified'))
  else if (message?.trim().includes('\n'))
    errors.push(invalid(`${path}.message`, message, 'must not contain line breaks'))
  if (!message && rule.rule.trim().includes('\n'))
    errors.push({
      field: `${path}.message`,
      type: 'FieldValueRequired',
      detail: 'message must be specified if rule contains line breaks',
    })
  if (reason !== undefined && !reasons.includes(reason))
    errors.push({
      field: `${path}.reason`,
      type: 'FieldValueNotSupported',
      value: reason,
      detail: `supported values: ${reasons.map((name) => JSON.stringify(name)).join(', ')}`,
    })
  if (fieldPath !== undefined && !leadsSomewhere(node, fieldPath))
    errors.push(invalid(`${path}.fieldPath`, fieldPath, 'must be a valid path'))
  return errors
}

/** A path of `.name` and `['name']` that the schema has. */
function leadsSomewhere(node: SchemaNode, path: string): boolean {
  const steps = /^(?:\.[A-Za-z_][\w-]*|\['[^']+'\])+$/.test(path)
    ? (path.match(/\.[A-Za-z_][\w-]*|\['[^']+'\]/g) ?? [])
    : []
  let at: SchemaNode | undefined = node
  for (const step of steps) at = at?.property(step.startsWith('.') ? step.slice(1) : step.slice(2, -2))
  return steps.length > 0 && at !== undefined
}
