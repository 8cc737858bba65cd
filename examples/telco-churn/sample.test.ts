import { describe, expect, it } from 'vitest'
import { ensure, type Sample, StepFailure } from './sample.ts'

const sample = { signal: new AbortController().signal } as Sample
const refusal = Object.assign(new Error('This request was applied already.'), { data: { httpStatus: 409 } })

describe('ensure', () => {
  it('does nothing where it is true already', async () => {
    const act = () => Promise.reject(new Error('not to be called'))
    expect(await ensure(sample, 'it', async () => 'there', act)).toBe('there')
  })

  it('takes a refusal for success when the world is as wished after it', async () => {
    const answers = [undefined, 'there']
    expect(
      await ensure(
        sample,
        'it',
        async () => answers.shift(),
        () => Promise.reject(refusal),
      ),
    ).toBe('there')
  })

  it('fails with the refusal when the world is not', async () => {
    const never = async () => undefined
    await expect(ensure(sample, 'it', never, () => Promise.reject(refusal))).rejects.toThrow(refusal.message)
    await expect(
      ensure(sample, 'it', never, () => Promise.reject(new StepFailure('the gate said no', '/w/telco'))),
    ).rejects.toMatchObject({ message: 'the gate said no', href: '/w/telco' })
  })

  it('tries again what broke off', async () => {
    const tries: string[] = []
    const find = async () => (tries.length > 1 ? tries : undefined)
    const act = async () => {
      tries.push('try')
      if (tries.length === 1) throw new Error('connection lost')
    }
    expect(await ensure(sample, 'it', find, act)).toHaveLength(2)
  })
})
