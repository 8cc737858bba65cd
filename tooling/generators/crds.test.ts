import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { renderCrds, staleCrds } from './crds.ts'
import { structuralSchema } from './structural-schema.ts'

describe('the custom resource definitions', () => {
  it('are what the kinds say', () => expect(staleCrds()).toEqual([]))

  it('have exactly one storage version each', () => {
    for (const [name, yaml] of renderCrds()) expect([name, yaml.match(/storage: true/g)?.length]).toEqual([name, 1])
  })
})

describe('structuralSchema', () => {
  it('keeps unknown fields of open objects only', () => {
    expect(structuralSchema(z.looseObject({ a: z.string() }))).toEqual({
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      'x-kubernetes-preserve-unknown-fields': true,
    })
    expect(structuralSchema(z.object({}))).not.toHaveProperty('x-kubernetes-preserve-unknown-fields')
    expect(structuralSchema(z.object({ any: z.unknown() }))).toMatchObject({
      properties: { any: { 'x-kubernetes-preserve-unknown-fields': true } },
    })
  })

  it('says maps, whole numbers and times as Kubernetes does', () => {
    const schema = z.object({ map: z.record(z.string(), z.int()), at: z.iso.datetime({ offset: true }) })
    expect(structuralSchema(schema)).toEqual({
      type: 'object',
      properties: {
        map: { type: 'object', additionalProperties: { type: 'integer' } },
        at: { type: 'string', format: 'date-time' },
      },
      required: ['map', 'at'],
    })
  })

  it('refuses what a structural schema cannot say', () => {
    expect(() => structuralSchema(z.union([z.object({ a: z.string() }), z.string()]))).toThrow('unions')
  })
})
