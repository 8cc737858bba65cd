/** Roles that change, end and move on, with the real controller, killed in between, and the cluster's word on each. */
import { randomBytes } from 'node:crypto'
import { listActivity } from '@keelson/core/activity'
import type { Ctx } from '@keelson/core/context'
import { refusal, serverNames } from '@keelson/core/testing'
import { listJobs } from '@keelson/core/training'
import {
  addContributor,
  createWorkspace,
  deleteWorkspace,
  getWorkspace,
  listContributors,
  removeContributor,
  transferOwnership,
  updateContributor,
} from '@keelson/core/workspaces'
import { resources } from '@keelson/kube'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PeoplePlatform, patience, person, startPeoplePlatform } from './testing/people-platform.ts'

describe.each(serverNames)('contributors on %s', (name) => {
  let people: PeoplePlatform
  let skipped: string | null = null
  const workspace = `contributors-${randomBytes(4).toString('hex')}`
  const who = (username: string): Ctx => people.as(person(`${username}@example.test`))
  const looks = (ctx: Ctx) => listJobs(ctx, { workspace, limit: 1 })
  const isOut = (ctx: Ctx) =>
    eventually(async () => expect(await refusal(looks(ctx))).toMatchObject({ code: 'forbidden' }), patience)
  const deeds = async () =>
    (await listActivity(who('ana'), { workspace, objectKind: 'contributor', limit: 50 })).items.map(
      (entry) => `${entry.reason} ${entry.object.name} by ${entry.actor}`,
    )

  beforeAll(async () => {
    const started = await startPeoplePlatform(name)
    if ('skipped' in started) {
      skipped = started.skipped
      return
    }
    people = started
    await createWorkspace(who('ana'), { name: workspace })
  }, 240_000)
  afterAll(async () => {
    await people?.platform.kube.delete(resources.profiles, { name: workspace }).catch(() => {})
    await people?.stop()
  }, 120_000)
  const test = (title: string, body: () => Promise<void>) =>
    it(title, async ({ skip }) => (skipped === null ? body() : skip(skipped)), 120_000)
  const give = (ctx: Ctx, subject: string, role: 'owner' | 'contributor' | 'viewer', expiresAt: string | null = null) =>
    addContributor(ctx, { workspace, subjectKind: 'User', subject: `${subject}@example.test`, role, expiresAt })

  test('a role ends at its time, also when no controller ran at that time', async () => {
    expect(await refusal(give(who('ana'), 'tim', 'viewer', new Date(0).toISOString()))).toMatchObject({
      code: 'invalid',
      faults: [{ field: 'expiresAt' }],
    })
    const soon = new Date(Date.now() + 4_000).toISOString()
    const added = await give(who('ana'), 'tim', 'viewer', soon)
    expect(added.expiresAt).toBe(soon)
    await eventually(() => looks(who('tim')), patience)
    await people.controller.kill()
    await eventually(() => expect(Date.now()).toBeGreaterThan(Date.parse(soon)), patience)
    const where = { namespace: workspace, name: added.binding }
    expect(await people.platform.kube.find(resources.roleBindings, where)).not.toBeNull()
    people.controller.start()
    await isOut(who('tim'))
    expect(await people.platform.kube.find(resources.roleBindings, where)).toBeNull()
    expect(await deeds()).toContain('workspaces.expireContributor tim@example.test by keelson-controller')
  })

  test('a role or its end is changed by who has it to give, and nobody is let in twice', async () => {
    const { binding } = await give(who('ana'), 'cleo', 'viewer')
    const later = new Date(Date.now() + 3_600_000).toISOString()
    expect(await updateContributor(who('ana'), { workspace, binding, role: 'viewer', expiresAt: later })).toMatchObject(
      { binding, expiresAt: later },
    )
    const changed = await updateContributor(who('ana'), { workspace, binding, role: 'contributor', expiresAt: null })
    expect(changed).toMatchObject({ role: 'contributor', expiresAt: null })
    const held = (await listContributors(who('ana'), { workspace })).filter((one) => one.subject.startsWith('cleo'))
    expect(held).toEqual([changed])
    await eventually(
      async () => expect(await getWorkspace(who('cleo'), { workspace })).toMatchObject({ role: 'contributor' }),
      patience,
    )
    for (const ctx of [who('cleo'), who('eve')]) {
      const climb = updateContributor(ctx, { workspace, binding: changed.binding, role: 'owner', expiresAt: null })
      expect(await refusal(climb)).toMatchObject({ code: 'forbidden' })
    }
    const owner = { workspace, binding: 'namespaceAdmin', role: 'viewer', expiresAt: null } as const
    expect(await refusal(updateContributor(who('ana'), owner))).toMatchObject({ code: 'precondition' })
    await removeContributor(who('ana'), { workspace, binding: changed.binding })
    await isOut(who('cleo'))
  })

  test('the owner hands the workspace over, keeps what was agreed, and can do no more', async () => {
    const { binding } = await give(who('ana'), 'bob', 'contributor')
    const second = await give(who('ana'), 'otto', 'owner')
    await eventually(
      async () => expect(await getWorkspace(who('otto'), { workspace })).toMatchObject({ role: 'owner' }),
      patience,
    )
    const take = { workspace, binding: second.binding, keep: null }
    expect(await refusal(transferOwnership(who('otto'), take))).toMatchObject({ code: 'forbidden' })
    expect(await refusal(transferOwnership(who('bob'), { workspace, binding, keep: null }))).toMatchObject({
      code: 'forbidden',
    })
    expect(await transferOwnership(who('ana'), { workspace, binding, keep: 'viewer' })).toMatchObject({
      owner: 'bob@example.test',
    })
    await eventually(async () => {
      expect(await getWorkspace(who('bob'), { workspace })).toMatchObject({
        role: 'owner',
        status: { status: 'ready' },
      })
      expect(await getWorkspace(who('ana'), { workspace })).toMatchObject({ role: 'viewer', owner: 'bob@example.test' })
    }, patience)
    const { metadata } = await people.platform.kube.get(resources.namespaces, { name: workspace })
    expect(metadata.annotations?.owner).toBe('bob@example.test')
    const roles = (await listContributors(who('bob'), { workspace })).map((one) => `${one.subject} ${one.role}`)
    expect(roles).toContain('ana@example.test viewer')
    expect(roles).toContain('bob@example.test owner')
    expect(await refusal(give(who('ana'), 'eve', 'viewer'))).toMatchObject({ code: 'forbidden' })
  })

  test('only who owns a workspace deletes it, and says its name', async () => {
    const gone = { workspace, confirm: workspace }
    expect(await refusal(deleteWorkspace(who('bob'), { ...gone, confirm: 'other' }))).toMatchObject({ code: 'invalid' })
    for (const ctx of [who('ana'), who('otto'), who('eve')])
      expect(await refusal(deleteWorkspace(ctx, gone))).toMatchObject({ code: 'forbidden' })
    await deleteWorkspace(who('bob'), gone)
    await eventually(
      async () => expect(await people.platform.kube.find(resources.profiles, { name: workspace })).toBeNull(),
      patience,
    )
  })
})
