/** What the web app may know of the API: its type, nothing that runs. */
export type { AppRouter } from './root.ts'
