import type { ListedKind } from '@keelson/contracts/objects'

/** Whether somebody may make anything here at all: what they may is decided by kind when it is made. */
export function mayCreateAny(kinds: readonly ListedKind[]): ListedKind['create'] {
  const allowed = kinds.some(({ create }) => create.allowed)
  return { allowed, reason: allowed ? '' : 'Your role here only reads: you may create objects of no kind.' }
}
