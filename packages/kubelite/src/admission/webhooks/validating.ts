/** ValidatingAdmissionWebhook: all that match are asked at once, and the first refusal counts. */
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts'
import { type Steps, waitFor } from '../steps.ts'
import { callHook } from './call.ts'
import { hooksFor, matchHook, validatingTable } from './matching.ts'

export const validatingWebhooks: AdmissionPlugin = {
  name: 'ValidatingAdmissionWebhook',
  validate: (request) => (hooksFor(request, validatingTable).length === 0 ? undefined : askAll(request)),
}

function* askAll(request: AdmissionRequest): Steps<void> {
  const invocations = hooksFor(request, validatingTable).flatMap((hook) => matchHook(request, hook) ?? [])
  if (invocations.length === 0) return
  const settled = yield* waitFor(
    Promise.allSettled(invocations.map((invocation) => callHook(request, invocation, false))),
  )
  for (const outcome of settled) if (outcome.status === 'rejected') throw outcome.reason
}
