export { resourceWords } from './resource-words.ts'
export { UsePanel, UseSummary } from './use-panel.tsx'
