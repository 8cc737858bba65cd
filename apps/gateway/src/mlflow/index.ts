export { openMlflow } from './adapter.ts'
