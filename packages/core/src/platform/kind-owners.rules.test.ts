import { customKinds, definitionName, inferenceServiceKind } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { describe, expect, test } from 'vitest'
import { decideKindOwner, parseKindSetting } from './kind-owners.rules.ts'

const none = new Map()
const name = definitionName(inferenceServiceKind)
const definition = (labels: Record<string, string>): KubeObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name, labels },
})
const operator = (spec: object, metadata: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'kserve', name: 'kserve-controller-manager', ...metadata },
  spec,
})
const decide = (found: KubeObject | null, workloads: KubeObject[], setting = none) =>
  decideKindOwner(inferenceServiceKind, { definition: found, workloads }, setting)

describe('whose a kind is', () => {
  const keelsons = definition({ 'app.kubernetes.io/part-of': 'keelson' })
  const foreign = definition({})

  test('Keelson’s: no definition, its own definition, a definition without its operator', () => {
    expect(decide(null, [operator({})]).owner).toBe('keelson')
    expect(decide(keelsons, [operator({})]).owner).toBe('keelson')
    expect(decide(foreign, [])).toMatchObject({ owner: 'keelson', evidence: expect.stringContaining('no operator') })
    expect(decide(foreign, [operator({ replicas: 0 })]).owner).toBe('keelson')
    expect(decide(foreign, [operator({}, { deletionTimestamp: '2026-01-01T00:00:00Z' })]).owner).toBe('keelson')
  })

  test('another’s: a foreign definition and an operator, ready or not', () => {
    expect(decide(foreign, [operator({ replicas: 0 }), operator({ replicas: 1 })])).toEqual({
      name,
      kind: 'InferenceService',
      owner: 'other',
      evidence: 'KServe (Deployment kserve/kserve-controller-manager) makes it true in this cluster.',
    })
    expect(decide(foreign, [operator({})]).owner).toBe('other')
  })

  test('the setting wins over the evidence, both ways', () => {
    expect(decide(foreign, [operator({})], new Map([[name, 'keelson']])).owner).toBe('keelson')
    expect(decide(keelsons, [], new Map([[name, 'other']])).owner).toBe('other')
  })
})

test('KEELSON_KINDS is read whole or refused by name', () => {
  expect([...parseKindSetting('')]).toEqual([])
  expect([...parseKindSetting(` ${name} = other, profiles.kubeflow.org=keelson,`)]).toEqual([
    [name, 'other'],
    ['profiles.kubeflow.org', 'keelson'],
  ])
  expect(() => parseKindSetting('pods=other')).toThrow('"pods" is no kind of Keelson')
  expect(() => parseKindSetting(`${name}=kserve`)).toThrow('the owner is keelson or other')
  expect(() => parseKindSetting(name)).toThrow('the owner is keelson or other')
})

test('every kind that Keelson has names its upstream operator', () => {
  expect(customKinds.filter(({ upstream }) => upstream === undefined).map(definitionName)).toEqual([])
})
