/** Conditions in CEL over an admission request (`matchConditions` of webhooks): `object`, `oldObject` and `request`. */
import type { Environment, ParseResult } from '@marcbachmann/cel-js'
import { isObject, type JsonObject } from '../schema/node.ts'
import { kubernetesEnvironment } from './extensions.ts'
import { compile } from './rules.ts'

type Compiled = { program?: ParseResult; fault?: string }
export type ConditionScope = { object: unknown; oldObject: unknown; request: unknown }
export type Condition = { name: string; expression: string }

let environment: Environment | undefined
/** Expressions stay compiled; there are as many as configurations name. */
const compiled = new Map<string, Compiled>()
const mostCompiled = 1_000

function compiledOf(expression: string): Compiled {
  const present = compiled.get(expression)
  if (present !== undefined) return present
  environment ??= ['object', 'oldObject', 'request'].reduce(
    (env, name) => env.registerVariable(name, 'dyn'),
    kubernetesEnvironment(),
  )
  const { program, type, fault } = compile(environment, expression)
  // cel-js does not tell the type of some methods on values of unknown type; what comes of them is checked when they run.
  const isBool = type === 'bool' || type === 'dyn'
  const out: Compiled =
    program === undefined
      ? { fault: `compilation failed: ${fault}` }
      : isBool
        ? { program }
        : { fault: `must evaluate to bool but got ${type}` }
  if (compiled.size >= mostCompiled) compiled.clear()
  compiled.set(expression, out)
  return out
}

/** Why an expression cannot be a condition, or undefined when it can. */
export const conditionFault = (expression: string): string | undefined => compiledOf(expression).fault

/**
 * Whether all conditions hold. One that is false decides, whatever others come to. Throws an Error that tells of those that
 * could not be evaluated.
 */
export function conditionsHold(conditions: readonly Condition[], scope: ConditionScope): boolean {
  const values = Object.fromEntries(Object.entries(scope).map(([name, value]) => [name, celValue(value)]))
  const faults: string[] = []
  for (const { expression } of conditions) {
    const { program, fault } = compiledOf(expression)
    try {
      if (program === undefined) throw new Error(fault)
      const result: unknown = program(values)
      if (result === false) return false
      if (result !== true) throw new Error('not a bool')
    } catch (error) {
      const { summary, message } = error as { summary?: string; message: string }
      faults.push(`expression '${expression}' resulted in error: ${lowered(summary ?? message)}`)
    }
  }
  if (faults.length > 0) throw new Error(faults.length === 1 ? faults[0] : `[${faults.join(', ')}]`)
  return true
}

const lowered = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1)

/** JSON as CEL has it: whole numbers are ints. */
function celValue(value: unknown): unknown {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  if (Array.isArray(value)) return value.map(celValue)
  if (!isObject(value)) return value
  const out: JsonObject = {}
  for (const [key, inner] of Object.entries(value)) if (inner !== undefined) out[key] = celValue(inner)
  return out
}
