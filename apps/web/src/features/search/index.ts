export { keyOfHit, linkOfHit } from './hit-link.ts'
export { kindLooks } from './kind-looks.ts'
export { forgetRecent, keepRecent, readRecent } from './recent.ts'
export { useSearch } from './use-search.ts'
