/** What makes a repeated create the same call. Knows no domain. */
export { type CallMemory, type CreateCall, createCallMemory, type Delivery } from './repeat-call.ts'
