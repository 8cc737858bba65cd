import type { KubeObject } from '@keelson/contracts/kubernetes'
import { describe, expect, it } from 'vitest'
import { stopPatch, withoutStop, withStop } from './stop.rules.ts'

const at = new Date('2026-01-02T03:04:05Z')
const job = (kind: string, spec: object, annotations = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'j', annotations },
  spec,
})
/** As the server would have it after a merge patch. */
function stopped(before: KubeObject): KubeObject {
  const patch = stopPatch(before, at) as unknown as {
    metadata: { annotations: Record<string, string> }
    spec: { runPolicy?: object }
  }
  const { runPolicy } = before.spec as { runPolicy?: object }
  const merged = patch.spec.runPolicy ? { runPolicy: { ...runPolicy, ...patch.spec.runPolicy } } : patch.spec
  const annotations = { ...before.metadata.annotations, ...patch.metadata.annotations }
  return { ...before, metadata: { ...before.metadata, annotations }, spec: { ...(before.spec as object), ...merged } }
}

describe('stopping', () => {
  it('is a deadline of a second, and a training job’s running pods go with it', () => {
    expect(stopped(job('Job', { backoffLimit: 2 })).spec).toEqual({ backoffLimit: 2, activeDeadlineSeconds: 1 })
    expect(stopped(job('TFJob', { runPolicy: { cleanPodPolicy: 'None' } })).spec).toEqual({
      runPolicy: { activeDeadlineSeconds: 1, cleanPodPolicy: 'Running' },
    })
    expect(stopped(job('TFJob', { runPolicy: { cleanPodPolicy: 'All' } })).spec).toMatchObject({
      runPolicy: { cleanPodPolicy: 'All' },
    })
    expect(stopPatch(job('Pod', {}), at)).toBeNull()
  })

  it.each([
    job('Job', { backoffLimit: 2 }, { mine: 'kept' }),
    job('Job', { activeDeadlineSeconds: 3_600 }),
    job('PyTorchJob', { runPolicy: { cleanPodPolicy: 'None', activeDeadlineSeconds: 60, backoffLimit: 1 } }),
  ])('is undone for another run: %j', (before) => expect(withoutStop(stopped(before))).toEqual(before))

  it('that somebody else wrote is read as far as it goes', () => {
    const odd = job('Job', { activeDeadlineSeconds: 1 }, { 'keelson.dev/stopped': '{' })
    expect(withoutStop(odd)).toMatchObject({ metadata: { annotations: {} }, spec: {} })
  })

  it('does not make a failure of another reason look like one', () => {
    const failed = (reason: string) => ({ status: 'failed' as const, reason, message: null, since: null })
    const done = stopped(job('Job', {}))
    expect(withStop(done, failed('DeadlineExceeded'))).toMatchObject({ status: 'stopped', reason: 'Stopped' })
    expect(withStop(done, failed('BackoffLimitExceeded')).status).toBe('failed')
    expect(withStop(job('Job', {}), failed('DeadlineExceeded')).status).toBe('failed')
  })
})
