export type GoldenCase = {
  name: string
  method: string
  path: string
  body?: Record<string, unknown>
  raw?: string
  lenient?: boolean
  /** Where we answer otherwise on purpose, and why. */
  ours?: { status: number; why: string }
}
export function expandCase(item: GoldenCase): GoldenCase
