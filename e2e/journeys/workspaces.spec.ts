/** Several people at once: who asks for a workspace and who gives it, roles that change under one's feet, quotas, and a look as another. */
import { randomBytes } from 'node:crypto'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAccessible } from './support/accessible.ts'
import { launch, picture, pictures, settled, skipReason, type Visit, visitAs } from './support/browser.ts'
import { person } from './support/people.ts'

const name = `team-${randomBytes(3).toString('hex')}`

describe.skipIf(skipReason !== null)(`workspaces${skipReason ? ` (skipped: ${skipReason})` : ''}`, () => {
  let browser: Browser
  let admin: Visit
  let outsider: Visit
  let viewer: Visit

  beforeAll(async () => {
    browser = await launch()
    admin = await visitAs(browser, 'admin')
    outsider = await visitAs(browser, 'outsider')
    viewer = await visitAs(browser, 'viewer')
  })
  afterAll(async () => {
    await setMode(admin.page, 'self-service').catch(() => {})
    await browser?.close()
  })

  async function adminTab(tab: string): Promise<Page> {
    await admin.page.goto(`/admin?tab=${tab}`)
    await settled(admin.page)
    return admin.page
  }

  async function setMode(page: Page, mode: string, pods?: string): Promise<void> {
    await page.goto('/admin?tab=requests')
    await page.getByLabel('Who makes workspaces').selectOption(mode)
    await page.getByLabel('Pods (pods)').fill(pods ?? '')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').first().waitFor()
  }

  it('somebody asks, an operator approves, and the page of who asked changes by itself', async () => {
    await setMode(admin.page, 'request', '7')
    const { page } = outsider
    await page.goto('/new-workspace')
    // What an earlier visit of theirs left open.
    await page.getByRole('heading', { name: 'Ask for a workspace' }).waitFor()
    const withdraw = page.getByRole('button', { name: 'Withdraw the request' })
    if (await withdraw.isVisible()) await withdraw.click()
    await page.getByRole('heading', { name: 'Ask for a workspace' }).waitFor()
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('What is it for?').fill(`The churn of ${name}`)
    await expectAccessible(page)
    await pictures(page, 'request-workspace')
    await page.getByRole('button', { name: 'Ask for it' }).click()
    await page.getByText('An operator decides; this page changes by itself.').waitFor()
    await expectAccessible(page)

    // The operator's list is live, too.
    await admin.page.getByText(`The churn of ${name}`).waitFor()
    await expectAccessible(admin.page)
    await pictures(admin.page, 'admin-registration')
    await admin.page.getByRole('button', { name: `Refuse ${name}` }).click()
    await admin.page.getByText('Say why: the person who asked reads it.').waitFor()
    await admin.page.getByRole('button', { name: `Approve ${name}` }).click()
    await page.getByText('was approved by').waitFor()
    await page.getByRole('link', { name: 'Open it' }).click()
    await page.getByRole('heading', { level: 1, name }).waitFor()
    await page.getByRole('meter', { name: 'Pods' }).first().waitFor()
    await settled(page)
    await expectAccessible(page)
    await pictures(page, 'home-quota')
  })

  it('the owner lets somebody in until a date, changes the role, and hands the workspace over', async () => {
    const { page } = outsider
    const other = person('viewer').email
    await page.goto(`/w/${name}/contributors`)
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByLabel('User name').fill(other)
    await page.getByLabel('Role').selectOption('contributor')
    await page.getByText('reads and changes every Secret').last().waitFor()
    await page.getByLabel('How long').selectOption('week')
    await expectAccessible(page)
    await picture(page, 'add-contributor')
    await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('button', { name: `Change ${other}` }).waitFor()

    // The other is in, and loses the right to submit while looking at the page.
    await viewer.page.goto(`/w/${name}/jobs`)
    const submit = viewer.page.getByRole('button', { name: 'Submit a job' }).first()
    await submit.waitFor()
    await page.getByRole('button', { name: `Change ${other}` }).click()
    await page.getByLabel('Role').selectOption('viewer')
    await page.getByRole('dialog').getByRole('button', { name: 'Change', exact: true }).click()
    await page.getByText(`Made ${other} viewer`).first().waitFor()
    await viewer.page
      .getByRole('button', { name: 'Submit a job' })
      .and(viewer.page.locator('[aria-disabled=true]'))
      .first()
      .waitFor()
    await settled(page)
    await expectAccessible(page)
    await pictures(page, 'contributors')

    await page.getByRole('button', { name: 'Hand over…' }).click()
    await page.getByLabel('The owner so far stays as').selectOption('viewer')
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Hand over', exact: true }).click()
    await page.getByText(`${other} owns ${name} now.`).waitFor()
    await viewer.page.goto(`/w/${name}/contributors`)
    await viewer.page
      .getByRole('button', { name: 'Add', exact: true })
      .and(viewer.page.locator(':not([aria-disabled])'))
      .waitFor()
    await page.goto(`/w/${name}/contributors`)
    await page.getByRole('button', { name: 'Add', exact: true }).and(page.locator('[aria-disabled=true]')).waitFor()
  })

  it('an operator limits the workspace, and everybody in it sees the bar move', async () => {
    const page = await adminTab('workspaces')
    await page.getByRole('button', { name: `Set the quota of ${name}` }).click()
    await page.getByLabel('Pods (pods)').fill('0')
    await expectAccessible(page)
    await picture(page, 'admin-quota')
    await page.getByRole('button', { name: 'Set the quota', exact: true }).click()
    await page.getByText(`The quota of ${name} was set.`).waitFor()
    await viewer.page.goto(`/w/${name}`)
    await viewer.page.getByText('0 of 0').first().waitFor()
    await viewer.page.goto(`/w/${name}/new-job`)
    await viewer.page.getByRole('region', { name: 'What is left' }).getByText('full').first().waitFor()
    await expectAccessible(viewer.page)
    await picture(viewer.page, 'submit-quota')
    await settled(page)
    await expectAccessible(page)
    await pictures(page, 'admin-workspaces')
  })

  it('an operator looks as somebody, changes nothing, and leaves a record', async () => {
    const page = await adminTab('people')
    await page.getByRole('button', { name: person('viewer').email }).click()
    await page.getByRole('heading', { name: 'Sessions and tokens' }).waitFor()
    await settled(page)
    await expectAccessible(page)
    await pictures(page, 'admin-person')
    await page.getByLabel('Reason').fill('a question of theirs')
    await page.getByRole('button', { name: 'Look as this person' }).click()
    await page.getByText('Nothing can be changed.').waitFor()
    await page.goto(`/w/${name}/contributors`)
    const add = page.getByRole('button', { name: 'Add', exact: true }).and(page.locator('[aria-disabled=true]'))
    await add.focus()
    expect(await page.getByRole('tooltip').textContent()).toContain('only looks as')
    await expectAccessible(page)
    await picture(page, 'view-as')
    await page.goto('/admin')
    await page.getByText('You have no access to this').waitFor()
    await page.getByRole('button', { name: 'Leave this view' }).click()
    await page.getByRole('heading', { name: 'Administration' }).waitFor()
    await page.goto('/admin?tab=audit&q=viewAs')
    await page.getByText('a question of theirs').first().waitFor()
    await settled(page)
    await expectAccessible(page)
    await pictures(page, 'admin-audit')
    for (const tab of ['groups', 'workloads']) {
      await expectAccessible(await adminTab(tab))
      await picture(page, `admin-${tab}`)
    }
  })

  it('the operators’ area is nobody else’s, and its new owner deletes the workspace by its name', async () => {
    await outsider.page.goto('/admin')
    await outsider.page.getByText('You have no access to this').waitFor()
    const { page } = viewer
    await page.goto(`/w/${name}/contributors`)
    await page.getByRole('button', { name: 'Delete the workspace…' }).click()
    const confirm = page.getByRole('dialog').getByRole('button', { name: 'Delete the workspace' })
    expect(await confirm.isDisabled()).toBe(true)
    await page.getByLabel(`Type ${name} to confirm`).fill(name)
    await confirm.click()
    await page.waitForURL((url) => !url.pathname.startsWith(`/w/${name}`))
    expect([admin, outsider, viewer].flatMap((visit) => visit.complaints)).toEqual([])
  })
})
