/** JupyterLab as its people use it: made with the form, a cell that logs to MLflow, stopped, started again with what was saved. */
import { randomBytes } from 'node:crypto'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, picture, pictures, settled, skipReason, type Visit, visitAs } from './support/browser.ts'

const workspace = 'telco'
const name = `lab-${randomBytes(3).toString('hex')}`
const list = `/w/${workspace}/notebooks`
// The first time on a machine, the image's environment is built.
const starting = { timeout: 280_000 }

describe.skipIf(skipReason !== null)(`JupyterLab${skipReason ? ` (skipped: ${skipReason})` : ''}`, () => {
  let browser: Browser
  let visit: Visit

  beforeAll(async () => {
    browser = await launch()
    visit = await visitAs(browser, 'scientist')
  })
  afterAll(async () => {
    await browser?.close()
  })

  /** The notebook's page in a tab of its own, as its link opens it. */
  async function connect(): Promise<Page> {
    const link = visit.page.getByRole('link', { name: `Connect to ${name}` })
    await link.waitFor(starting)
    const opened = visit.context.waitForEvent('page')
    await link.click()
    const lab = await opened
    lab.setDefaultTimeout(60_000)
    await lab.getByRole('main', { name: 'Main Content' }).waitFor()
    return lab
  }

  /** Types into the notebook's last cell and runs it, as soon as there is a kernel to run it. */
  async function runCell(lab: Page, code: string): Promise<void> {
    await lab.getByText('Python 3 (ipykernel) | Idle').waitFor()
    await lab.locator('.jp-Notebook .jp-Cell .cm-content').last().click()
    await lab.keyboard.insertText(code)
    await lab.keyboard.press('Shift+Enter')
  }

  it('is made with the form and opened in a tab of its own', async () => {
    const { page } = visit
    await page.goto(`/w/${workspace}/new-notebook`)
    await page.getByLabel('Name', { exact: true }).fill(name)
    await page.getByRole('radio', { name: /JupyterLab/ }).check()
    await page.getByLabel('CPU', { exact: true }).fill('0.2')
    await page.getByRole('button', { name: 'Create' }).and(page.locator(':enabled')).click()
    await page.getByRole('heading', { level: 1, name }).waitFor()
    const lab = await connect()
    expect(new URL(lab.url()).hostname).not.toBe(new URL(page.url()).hostname)
    await lab.locator('.jp-LauncherCard[data-category=Notebook]').first().click()
    await lab.locator('.jp-Notebook .jp-Cell').first().waitFor()
    await runCell(lab, `import mlflow; mlflow.log_metric('${name}', 42); print('logged', 40 + 2)`)
    await lab.locator('.jp-OutputArea-output').getByText('logged 42').waitFor()
    await picture(lab, 'jupyterlab')
    await lab.keyboard.press('Control+s')
    // Asks for a name the first time.
    await lab.locator('.jp-Dialog .jp-mod-accept').click()
    await lab.locator('.lm-TabBar-tab.jp-mod-dirty').waitFor({ state: 'detached' })
    await lab.close()
  }, 360_000)

  it('its metric is among the experiments of the workspace', async () => {
    const { page } = visit
    await page.goto(`/w/${workspace}/experiments`)
    await page.getByRole('link', { name, exact: true }).click()
    await page.getByRole('row').filter({ hasText: '42' }).first().waitFor()
    await settled(page)
    await pictures(page, 'jupyterlab-run')
  })

  it('stops and starts again, with the notebook that was saved', async () => {
    const { page } = visit
    await page.goto(`${list}/${name}`)
    await page
      .getByRole('button', { name: `Stop ${name}` })
      .and(page.locator(':enabled'))
      .click()
    await page.getByText('Stopped', { exact: true }).first().waitFor({ timeout: 60_000 })
    await page
      .getByRole('button', { name: `Start ${name}` })
      .and(page.locator(':enabled'))
      .click()
    const lab = await connect()
    // JupyterLab opens what was open.
    await lab.locator('.jp-Notebook .jp-OutputArea-output').getByText('logged 42').waitFor()
    await runCell(lab, `print('again', 1 + 1)`)
    await lab.locator('.jp-OutputArea-output').getByText('again 2').waitFor()
    await lab.close()
    expect(visit.complaints).toEqual([])
  }, 360_000)

  it('is deleted with its home', async () => {
    const { page } = visit
    await page.goto(`${list}/${name}`)
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('checkbox').check()
    await dialog.getByLabel(`Type ${name} to go on`).fill(name)
    await dialog.getByRole('button', { name: 'Delete the notebook' }).click()
    await page.getByRole('link', { name, exact: true }).waitFor({ state: 'detached', timeout: 60_000 })
  })
})
