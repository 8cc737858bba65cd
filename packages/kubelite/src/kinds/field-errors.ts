/** Short ways to say what is wrong with a field (`k8s.io/apimachinery/pkg/util/validation/field`). */
import { sameJson } from '../patch/json-patch.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import type { FieldError } from '../status-error.ts'

export const required = (field: string, detail = ''): FieldError => ({ field, type: 'FieldValueRequired', detail })
export const invalidValue = (field: string, value: unknown, detail: string): FieldError => ({
  field,
  type: 'FieldValueInvalid',
  value,
  detail,
})
export const forbiddenField = (field: string, detail: string): FieldError => ({
  field,
  type: 'FieldValueForbidden',
  detail,
})
export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  field,
  type: 'FieldValueNotSupported',
  value,
  detail: `supported values: ${supported.map((each) => JSON.stringify(each)).join(', ')}`,
})
export const tooMany = (field: string, count: number, most: number): FieldError => ({
  field,
  type: 'FieldValueTooMany',
  detail: `${count}: must have at most ${most} items`,
})

export const nonNegative = (field: string, value: unknown): FieldError[] =>
  typeof value === 'number' && value < 0 ? [invalidValue(field, value, 'must be greater than or equal to 0')] : []

/** Fields of `object` that may not differ from `old`. */
export const immutable = (
  object: JsonObject,
  old: JsonObject,
  names: readonly string[],
  prefix: string,
  detail = 'field is immutable',
): FieldError[] =>
  names.flatMap((name) =>
    sameJson(object[name], old[name]) ? [] : [invalidValue(`${prefix}${name}`, object[name] ?? null, detail)],
  )

/** `ValidatePositiveIntOrPercent` and `IsNotMoreThan100Percent`. */
export function intOrPercent(field: string, value: unknown): FieldError[] {
  if (value === undefined) return []
  if (typeof value === 'number') return nonNegative(field, value)
  const text = String(value)
  if (!/^[0-9]+%$/.test(text)) {
    return [
      invalidValue(
        field,
        value,
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ),
    ]
  }
  return Number.parseInt(text, 10) > 100 ? [invalidValue(field, value, 'must not be greater than 100%')] : []
}

export const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
export const objectAt = (value: unknown): JsonObject => (isObject(value) ? value : {})
export const setDefault = (target: JsonObject, key: string, value: unknown): void => {
  if (target[key] === undefined) target[key] = value
}
