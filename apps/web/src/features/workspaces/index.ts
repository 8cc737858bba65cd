export { RequestState } from './request-state.tsx'
