import { isObject, type JsonObject } from '../schema/node.ts'

/** RFC 7386: null deletes, objects merge, everything else replaces. Returns a copy. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return structuredClone(patch)
  const out: JsonObject = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key]
    else
      Object.defineProperty(out, key, {
        value: applyMergePatch(out[key], value),
        writable: true,
        enumerable: true,
        configurable: true,
      })
  }
  return out
}
