/** What each of the sample people sees, and what nobody sees who may not. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAccessible } from './support/accessible.ts'
import { launch, picture, pictures, settled, skipReason, visitAs } from './support/browser.ts'

describe.skipIf(skipReason !== null)(`the sample people${skipReason ? ` (skipped: ${skipReason})` : ''}`, () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
  })

  it('a stranger only gets the login page, and comes back to the page they wanted', async () => {
    const page = await (await browser.newContext({ baseURL: process.env.KEELSON_E2E_URL ?? '' })).newPage()
    await page.goto('/w/telco/jobs')
    await page.waitForURL(/\/login\?next=/)
    expect(await page.content()).not.toContain('train-churn-job')
    await expectAccessible(page)
    await pictures(page, 'login')
    await page.context().close()
  })

  it('the viewer sees everything and can change nothing, and reads why', async () => {
    const { page, context } = await visitAs(browser, 'viewer')
    await page.goto('/w/telco/jobs')
    await settled(page)
    const submit = page.getByRole('button', { name: 'Submit a job' })
    await submit.and(page.locator('[aria-disabled=true]')).waitFor()
    await submit.focus()
    expect(await page.getByRole('tooltip').textContent()).toMatch(/\w{3}/)
    await picture(page, 'viewer-jobs')
    await page.getByRole('link', { name: 'train-churn-job' }).first().click()
    await page.getByRole('button', { name: 'Delete' }).and(page.locator('[aria-disabled=true]')).waitFor()
    await page.goto('/w/telco/endpoints/churn?tab=test')
    await page.getByRole('button', { name: 'Send' }).and(page.locator('[aria-disabled=true]')).waitFor()
    await page.goto('/w/telco/contributors')
    await page.getByRole('button', { name: 'Add' }).and(page.locator('[aria-disabled=true]')).waitFor()
    // Kubernetes' own view role may not list role bindings: the list's place says so and the page stays.
    await page.getByRole('alert').getByText('may not list rolebindings').waitFor()
    await expectAccessible(page)
    await picture(page, 'viewer-contributors')
    await context.close()
  })

  it('the outsider sees nothing of telco, neither on a page nor in an answer', async () => {
    const { page, context } = await visitAs(browser, 'outsider')
    const answers: string[] = []
    page.on('response', async (response) => {
      if (response.url().includes('/api/trpc')) answers.push(await response.text().catch(() => ''))
    })
    await page.getByText('You have no workspace yet').waitFor()
    await expectAccessible(page)
    await pictures(page, 'outsider-home')
    for (const path of [
      '',
      '/jobs',
      '/experiments',
      '/models',
      '/models/churn',
      '/endpoints/churn',
      '/lineage',
      '/activity',
      '/contributors',
    ]) {
      await page.goto(`/w/telco${path}`)
      await page
        .getByText(/You have no access to this|There is nothing here/)
        .first()
        .waitFor()
      expect(await page.locator('main').first().textContent()).not.toContain('train-churn-job')
    }
    await picture(page, 'outsider-refused')
    expect(answers.join('\n')).not.toContain('train-churn-job')
    await context.close()
  })

  it('the admin sees the workspace of others', async () => {
    const { page, context } = await visitAs(browser, 'admin')
    await page.goto('/w/telco')
    await settled(page)
    await page.getByRole('heading', { level: 1, name: 'telco' }).waitFor()
    await picture(page, 'admin-home')
    await context.close()
  })

  it('signing out ends the session, and the address is closed again', async () => {
    const { page, context } = await visitAs(browser, 'viewer')
    await page.getByRole('button', { name: /^Your menu/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    const confirm = page.locator('button[name=logout]')
    await confirm
      .or(page.getByRole('heading', { name: 'Sign in to Keelson' }))
      .first()
      .waitFor()
    if (await confirm.isVisible()) await confirm.click()
    await page.getByRole('heading', { name: 'Sign in to Keelson' }).waitFor()
    await page.goto('/w/telco')
    await page.waitForURL(/\/login/)
    await context.close()
  })
})
