/** One box over everything: who finds what, by keyboard, and the page with all results. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAccessible } from './support/accessible.ts'
import { launch, picture, pictures, settled, skipReason, type Visit, visitAs } from './support/browser.ts'

describe.skipIf(skipReason !== null)(`search${skipReason ? ` (skipped: ${skipReason})` : ''}`, () => {
  let browser: Browser
  let scientist: Visit
  let outsider: Visit

  beforeAll(async () => {
    browser = await launch()
    ;[scientist, outsider] = await Promise.all([visitAs(browser, 'scientist'), visitAs(browser, 'outsider')])
  })
  afterAll(async () => {
    await browser?.close()
  })

  it('⌘K finds a job by a part of its name, and remembers that it was opened', async () => {
    const { page } = scientist
    await page.goto('/w/telco')
    await settled(page)
    await page.keyboard.press('Control+k')
    const box = page.getByRole('combobox', { name: 'Go to or do' })
    await box.fill('in:telco churn')
    await page
      .getByRole('option', { name: /train-churn-job/ })
      .first()
      .waitFor()
    await page.getByRole('option', { name: /See all results/ }).waitFor()
    await expectAccessible(page)
    await picture(page, 'palette')
    await box.fill('train-churn-job')
    await page.getByRole('option', { selected: true, name: /train-churn-job.*telco/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/jobs\/[^/]+/)
    await page.keyboard.press('Control+k')
    await page
      .getByRole('group', { name: 'Recent' })
      .getByRole('option', { name: /train-churn-job/ })
      .waitFor()
    await page.keyboard.press('Escape')
    await box.waitFor({ state: 'hidden' })
  })

  it('words that nobody called it, and an action done from the box', async () => {
    const { page } = scientist
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('add person')
    await page.getByRole('option', { selected: true, name: /Invite a contributor/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Add to telco' }).waitFor()
    await page.keyboard.press('Escape')
  })

  it('the page with all results keeps words and filters in its address', async () => {
    const { page } = scientist
    await page.goto('/search?q=churn')
    await page.getByRole('heading', { name: 'Models' }).waitFor()
    await page.getByRole('heading', { name: 'Kubernetes objects' }).waitFor()
    await settled(page)
    await expectAccessible(page)
    await pictures(page, 'search')
    await page.getByRole('button', { name: 'Models', exact: true }).click()
    await page.waitForURL(/q=kind%3Amodel\+churn/)
    await page.getByRole('heading', { name: 'Kubernetes objects' }).waitFor({ state: 'hidden' })
    const box = page.getByRole('searchbox', { name: 'Search everything' })
    await box.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/w\/telco\/models\//)
    await page.goBack()
    await page.waitForURL(/q=kind%3Amodel\+churn/)
    // What is no word at all is looked for as it stands.
    await box.fill('%_\\\'"; <b>')
    await page.getByRole('heading', { name: 'Nothing fits' }).waitFor()
  })

  it('who is not in the workspace finds nothing of it, by name, word or filter', async () => {
    const { page } = outsider
    await page.goto('/search?q=telco')
    const nothing = page.getByRole('heading', { name: 'Nothing fits' })
    await nothing.waitFor()
    await expectAccessible(page)
    for (const q of ['train-churn-job', 'in:telco', 'kind:person']) {
      const answered = page.waitForResponse((answer) => answer.url().includes(encodeURIComponent(q)))
      await page.getByRole('searchbox', { name: 'Search everything' }).fill(q)
      await answered
      await nothing.waitFor()
    }
    expect([scientist, outsider].flatMap((visit) => visit.complaints)).toEqual([])
  })
})
