/** A training job of several replicas: submitted from the page, followed while it runs, and found after its pods are gone. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAccessible } from './support/accessible.ts'
import { launch, pictures, settled, skipReason, visitAs } from './support/browser.ts'

const name = `pair-${Date.now().toString(36)}`
const command = `command: [python, -u, -c]
              args: ["for step in range(5): print(f'step={step} progress={(step + 1) * 20}%')"]`

describe.skipIf(skipReason !== null)(`training jobs${skipReason ? ` (skipped: ${skipReason})` : ''}`, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
  })

  it('a TFJob is submitted, followed over its replicas, kept after clean-up, cloned and deleted', async () => {
    const { page, context, complaints } = await visitAs(browser, 'scientist')
    await page.goto('/w/telco/jobs')
    await page.getByRole('button', { name: 'Submit a job' }).click()
    await page.getByLabel('Start from').selectOption('TFJob')
    const editor = page.getByRole('textbox', { name: 'YAML' })
    const yaml = (await editor.inputValue())
      .replace('hello-tensorflow', name)
      .replace('cleanPodPolicy: Running', 'cleanPodPolicy: All')
      .replaceAll(/command: \[python, -u, -c\]\n.*/g, command)
    await editor.fill(yaml)
    await page.getByRole('button', { name: 'Check only' }).click()
    await page.getByText('The server would take it.').waitFor()
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Submit', exact: true }).click()
    await page.getByRole('heading', { name }).waitFor()
    const log = page.getByRole('region', { name: 'Log lines' })
    await log.getByText('step=4').first().waitFor({ timeout: 60_000 })
    await page.getByText('succeeded').first().waitFor({ timeout: 60_000 })
    await page.getByText('100 %').first().waitFor()
    await page.getByLabel('Replica').selectOption('replica worker-0')
    await log.getByText('step=4').first().waitFor()
    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download the log' }).click()
    expect((await saved).suggestedFilename()).toMatch(/\.log$/)
    await page.getByRole('tab', { name: /Pods/ }).click()
    await page.getByText('Worker 0').first().waitFor()
    await settled(page)
    await expectAccessible(page)
    await pictures(page, 'training-replicas')
    await page.getByRole('tab', { name: 'Environment' }).click()
    await page.getByText('TF_CONFIG').first().waitFor()
    await expectAccessible(page)
    await pictures(page, 'training-environment')
    await page.getByRole('button', { name: 'Clone and edit' }).click()
    expect(await page.getByRole('textbox', { name: 'YAML' }).inputValue()).toContain(`name: ${name}`)
    await page.keyboard.press('Escape')
    await page.goto(`/w/telco/jobs?kind=TFJob&q=${name}`)
    await page.getByRole('link', { name }).waitFor()
    await settled(page)
    await expectAccessible(page)
    await pictures(page, 'training-list')
    await page.getByRole('link', { name }).click()
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('button', { name: 'Delete the job' }).click()
    await page.getByText('its history is kept').waitFor()
    await log.getByText('step=4').first().waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })
})
