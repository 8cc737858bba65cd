/** What an open browser hears: that something changed, never what. */
export { watchChanges } from './watch-changes.ts'
