import type { PodDefault, PodDefaultSpec } from '@keelson/contracts/kinds'
import { describe, expect, it } from 'vitest'
import { applyPodDefaults, type DefaultedPod } from './pod-default.rules.ts'

const all = { matchLabels: { secret: 'true' } }
const podDefault = (name: string, spec: Partial<PodDefaultSpec>): PodDefault => ({
  apiVersion: 'kubeflow.org/v1alpha1',
  kind: 'PodDefault',
  metadata: { name, resourceVersion: `${name}7` },
  spec: { selector: all, ...spec },
})
const pod = (spec: object = {}, annotations?: Record<string, string>): DefaultedPod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', labels: { secret: 'true' }, ...(annotations ? { annotations } : {}) },
  spec: { containers: [{ name: 'main', image: 'i' }], ...spec },
})
/** The pod as the patch makes it. */
function patched(given: DefaultedPod, ...defaults: PodDefault[]): DefaultedPod {
  const result = applyPodDefaults(given, defaults)
  if (result.kind !== 'patched') throw new Error(JSON.stringify(result))
  const made = structuredClone(given) as unknown as Record<string, Record<string, unknown>>
  for (const { path, value } of result.patch) {
    const [, part = '', key = ''] = path.split('/')
    ;(made[part] as Record<string, unknown>)[key] = value
  }
  return made as unknown as DefaultedPod
}

describe('what PodDefaults add', () => {
  it('is everything that they name, to every container; command and args only where there are none', () => {
    const made = patched(
      pod({
        containers: [
          { name: 'main', image: 'i', command: ['own'] },
          { name: 'istio-proxy', image: 'j' },
        ],
      }),
      podDefault('b', {
        labels: { team: 'blue' },
        annotations: { note: 'x' },
        serviceAccountName: 'builder',
        automountServiceAccountToken: false,
        env: [{ name: 'A', value: '1' }],
        envFrom: [{ secretRef: { name: 's' } }],
        volumes: [{ name: 'v', emptyDir: {} }],
        volumeMounts: [{ name: 'v', mountPath: '/v' }],
        tolerations: [{ key: 'gpu', operator: 'Exists' }],
        imagePullSecrets: [{ name: 'reg' }],
        initContainers: [{ name: 'init', image: 'k' }],
        sidecars: [{ name: 'side', image: 'l' }],
        command: ['other'],
        args: ['arg'],
      }),
    )
    const parts = {
      env: [{ name: 'A', value: '1' }],
      envFrom: [{ secretRef: { name: 's' } }],
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
    }
    expect(made.metadata).toMatchObject({
      labels: { secret: 'true', team: 'blue' },
      annotations: { note: 'x', 'poddefault.admission.kubeflow.org/poddefault-b': 'b7' },
    })
    expect(made.spec).toEqual({
      containers: [
        { name: 'main', image: 'i', command: ['own'], args: ['arg'], ...parts },
        { name: 'istio-proxy', image: 'j', ...parts },
        { name: 'side', image: 'l' },
      ],
      initContainers: [{ name: 'init', image: 'k' }],
      volumes: [{ name: 'v', emptyDir: {} }],
      tolerations: [{ key: 'gpu', operator: 'Exists' }],
      imagePullSecrets: [{ name: 'reg' }],
      serviceAccountName: 'builder',
      serviceAccount: 'builder',
      automountServiceAccountToken: false,
    })
  })
  it('is added once where two say the same, and the last account counts', () => {
    const both = { env: [{ name: 'A', value: '1' }], volumeMounts: [{ name: 'v', mountPath: '/v' }] }
    const made = patched(
      pod(),
      podDefault('b', { ...both, serviceAccountName: 'last' }),
      podDefault('a', { ...both, serviceAccountName: 'first' }),
    )
    expect(made.spec.containers).toEqual([{ name: 'main', image: 'i', ...both }])
    expect(made.spec.serviceAccountName).toBe('last')
  })
  it('changes nothing else: only what differs is in the patch', () => {
    const result = applyPodDefaults(pod(), [podDefault('a', { tolerations: [{ key: 'gpu' }] })])
    expect(result).toMatchObject({ kind: 'patched', applied: ['a'] })
    expect(result.kind === 'patched' && result.patch.map(({ path }) => path)).toEqual([
      '/metadata/annotations',
      '/spec/tolerations',
    ])
  })
})

describe('a pod is refused', () => {
  it.each([
    ['env', { env: [{ name: 'A', value: '2' }] }, /container main: env A of b/],
    [
      'a mount of the same volume elsewhere',
      { volumeMounts: [{ name: 'v', mountPath: '/w' }] },
      /volumeMounts v at \/w of b/,
    ],
    [
      'another volume at the same path',
      { volumeMounts: [{ name: 'w', mountPath: '/v' }] },
      /volumeMounts w at \/v of b/,
    ],
    ['a volume', { volumes: [{ name: 'v', secret: {} }] }, /volumes v of b/],
    ['a toleration', { tolerations: [{ key: 'gpu', value: 'x' }] }, /tolerations gpu of b/],
    ['a label', { labels: { secret: 'false' } }, /label secret of b/],
    ['a container', { sidecars: [{ name: 'main', image: 'z' }] }, /sidecars main of b/],
  ] as const)('for %s that says something else', (_what, spec, words) => {
    const given = pod({
      containers: [
        { name: 'main', image: 'i', env: [{ name: 'A', value: '1' }], volumeMounts: [{ name: 'v', mountPath: '/v' }] },
      ],
      volumes: [{ name: 'v', emptyDir: {} }],
      tolerations: [{ key: 'gpu', operator: 'Exists' }],
    })
    const result = applyPodDefaults(given, [podDefault('b', spec as unknown as Partial<PodDefaultSpec>)])
    expect(result).toMatchObject({ kind: 'refused', message: expect.stringMatching(words) })
  })
})

describe('a pod is left alone', () => {
  const one = podDefault('a', { env: [{ name: 'A', value: '1' }] })
  it('that is not selected, or asks to be', () => {
    const expressions = (...matchExpressions: NonNullable<PodDefaultSpec['selector']['matchExpressions']>) =>
      applyPodDefaults(pod(), [{ ...one, spec: { ...one.spec, selector: { matchExpressions } } }]).kind
    expect(applyPodDefaults({ ...pod(), metadata: { labels: { secret: 'no' } } }, [one]).kind).toBe('untouched')
    expect(applyPodDefaults(pod({}, { 'poddefault.admission.kubeflow.org/exclude': 'true' }), [one]).kind).toBe(
      'untouched',
    )
    expect(expressions({ key: 'secret', operator: 'In', values: ['true', 'x'] })).toBe('patched')
    expect(expressions({ key: 'secret', operator: 'NotIn', values: ['true'] })).toBe('untouched')
    expect(expressions({ key: 'secret', operator: 'Exists' }, { key: 'other', operator: 'DoesNotExist' })).toBe(
      'patched',
    )
    expect(expressions({ key: 'secret', operator: 'Sometimes' })).toBe('untouched')
  })
})
