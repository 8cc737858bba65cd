import { describe, expect, it } from 'vitest'
import { isolationOf } from './tenants.ts'

describe('isolationOf', () => {
  it('is fine for nobody, and for one owner of many workspaces', () => {
    expect(isolationOf([]).status).toBe('True')
    expect(isolationOf(['ann@example.org', 'ann@example.org']).status).toBe('True')
  })

  it('is broken by the second owner, and names nobody', () => {
    const isolation = isolationOf(['ann@example.org', 'bob@example.org', 'ann@example.org'])
    expect(isolation).toMatchObject({ status: 'False', reason: 'SeveralTenants' })
    expect(isolation.message).toContain('Workspaces of 2 owners')
    expect(isolation.message).not.toMatch(/ann|bob/)
  })
})
