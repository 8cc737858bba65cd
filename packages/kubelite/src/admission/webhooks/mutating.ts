/** MutatingAdmissionWebhook: one after the other, each sees what those before it made of the object. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { decodeObject, defaultObject } from '../../api/prepare.ts'
import { applyJsonPatch, sameJson } from '../../patch/json-patch.ts'
import { apiVersionOf } from '../../registry/resource.ts'
import { internalError } from '../../status-error.ts'
import type { AdmissionRequest } from '../plugin.ts'
import { type Steps, waitFor } from '../steps.ts'
import { callHook } from './call.ts'
import { type Hook, type Invocation, shownTo } from './invocation.ts'
import { hooksFor, matchHook, mutatingTable } from './matching.ts'

/**
 * The two rounds over the webhooks of one write. The second is for those with `reinvocationPolicy: IfNeeded` that were asked
 * before the object was changed by another.
 */
export function mutatingWebhooks(request: AdmissionRequest) {
  const hooks = hooksFor(request, mutatingTable)
  const idOf = (hook: Hook) => `${hook.configuration}/${hook.name}`
  let asked = new Set<string>()
  let askAgain = new Set<string>()
  let anyChange = false
  let lastSeen: KubeObject | undefined

  const markChanged = () => {
    askAgain = new Set([...askAgain, ...asked])
    asked = new Set()
  }
  function* round(isSecond: boolean): Steps<void> {
    for (const hook of hooks) {
      const invocation = matchHook(request, hook)
      if (invocation === undefined || (isSecond && !askAgain.has(idOf(hook)))) continue
      if (yield* askOne(request, invocation)) {
        markChanged()
        anyChange = true
      }
      if (hook.spec.reinvocationPolicy === 'IfNeeded') asked.add(idOf(hook))
    }
    lastSeen = request.object === undefined ? undefined : structuredClone(request.object)
  }
  return {
    first: () => round(false),
    changed: () => anyChange,
    *again(): Steps<void> {
      if (!sameJson(lastSeen, request.object)) markChanged()
      yield* round(true)
    },
  }
}

/** True when the webhook changed the object. */
function* askOne(request: AdmissionRequest, invocation: Invocation): Steps<boolean> {
  const verdict = yield* waitFor(callHook(request, invocation, true))
  if (verdict === null || verdict.patch.length === 0) return false
  const { hook } = invocation
  if (request.object === undefined)
    throw internalError(
      `admission webhook ${JSON.stringify(hook.name)} attempted to modify the object, which is not supported for this operation`,
    )
  const next = patched(request, invocation, request.object, verdict.patch)
  const changed = !sameJson(next, request.object)
  request.object = next
  return changed
}

function patched(request: AdmissionRequest, invocation: Invocation, object: KubeObject, patch: unknown[]): KubeObject {
  const { resource } = request
  try {
    const wanted = applyJsonPatch(shownTo(request, invocation.resource, object), patch) as KubeObject
    if (request.view !== undefined) return request.view.merge(object, wanted)
    const back = { ...wanted, apiVersion: apiVersionOf(resource) }
    const decoded = decodeObject(resource, back, { fieldValidation: 'Ignore', warnings: [] })
    return defaultObject(resource, decoded)
  } catch (error) {
    throw internalError((error as Error).message)
  }
}
