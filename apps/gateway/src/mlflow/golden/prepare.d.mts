export type Caller = (
  method: string,
  path: string,
  body?: unknown,
  raw?: string,
) => Promise<{ status: number; body: { error_code?: string; message?: string } | null }>
export function prepareWorld(call: Caller): Promise<Record<string, string>>
export function fillIn<T>(value: T, world: Record<string, string>): T
export function takeOut(text: string, world: Record<string, string>): string
export function caller(base: string, headers?: Record<string, string>): Caller
