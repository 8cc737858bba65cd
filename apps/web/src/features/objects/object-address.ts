import type { KindAddress } from '@/view/paths.ts'

/** One object as the procedures take it. */
export type ObjectAddress = KindAddress & { workspace: string | null; name: string }

/** Parts of a page's address: the core group has no name, and is called `core` there. */
export function kindOfParams(params: { group: string; version: string; plural: string }): KindAddress {
  const group = decodeURIComponent(params.group)
  return {
    group: group === 'core' ? '' : group,
    version: decodeURIComponent(params.version),
    plural: decodeURIComponent(params.plural),
  }
}

export function apiVersionOf({ group, version }: KindAddress): string {
  return group === '' ? version : `${group}/${version}`
}
