/** The platform by keyboard alone: ⌘K, the shortcuts, the list keys, the theme. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAccessible } from './support/accessible.ts'
import { launch, picture, settled, skipReason, type Visit, visitAs } from './support/browser.ts'

describe.skipIf(skipReason !== null)(`by keyboard alone${skipReason ? ` (skipped: ${skipReason})` : ''}`, () => {
  let browser: Browser
  let visit: Visit

  beforeAll(async () => {
    browser = await launch()
    visit = await visitAs(browser, 'scientist')
    await visit.page.goto('/w/telco')
    await settled(visit.page)
  })
  afterAll(async () => {
    await browser?.close()
  })

  it('the first Tab offers to skip to the content', async () => {
    await visit.page.keyboard.press('Tab')
    expect(await visit.page.evaluate(() => document.activeElement?.textContent)).toContain('Skip to the content')
  })

  it('⌘K finds a page and a thing, and Enter goes there', async () => {
    const { page } = visit
    await page.keyboard.press('Control+k')
    const box = page.getByRole('combobox', { name: 'Go to or do' })
    await box.waitFor()
    await page.getByRole('option', { name: /^Experiments/ }).waitFor()
    await expectAccessible(page)
    await picture(page, 'palette-empty')
    await page.keyboard.type('train-churn-job')
    await page.getByRole('option', { selected: true, name: /train-churn-job.*telco/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/jobs\/[^/]+/)
  })

  it('g and a letter go to a page, j and Enter open a row', async () => {
    const { page } = visit
    await page.getByRole('heading', { level: 1, name: 'train-churn-job' }).waitFor()
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
    await page.keyboard.press('g')
    await page.keyboard.press('e')
    await page.getByRole('heading', { level: 1, name: 'Experiments' }).waitFor()
    const table = page.getByRole('region', { name: 'Experiments' })
    await table.focus()
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/experiments\/[^/]+/)
  })

  it('? shows every shortcut, Escape closes it', async () => {
    const { page } = visit
    await page.getByRole('region', { name: 'Runs' }).waitFor()
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
    await page.keyboard.press('Shift+?')
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    await expectAccessible(page)
    await picture(page, 'shortcuts')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
  })

  it('/ goes to the filter, where letters are letters again', async () => {
    const { page } = visit
    await page.keyboard.press('/')
    await page.keyboard.type('gjx?')
    expect(await page.getByRole('textbox', { name: 'Filter runs' }).inputValue()).toBe('gjx?')
  })
})
