import type { z } from 'zod'

/** A form's values against the schema of its procedure: the parsed value, or what is wrong with each field. */
export function parseForm<T extends z.ZodType>(
  schema: T,
  values: unknown,
): { value: z.infer<T> | null; faults: Record<string, string> } {
  const parsed = schema.safeParse(values)
  if (parsed.success) return { value: parsed.data, faults: {} }
  const faults: Record<string, string> = {}
  for (const issue of parsed.error.issues) faults[issue.path.join('.')] ??= issue.message
  return { value: null, faults }
}
