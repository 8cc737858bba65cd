/** What other features show of runs. */
export { RunLink } from './run-link.tsx'
