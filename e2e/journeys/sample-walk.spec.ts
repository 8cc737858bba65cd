/** The scientist walks the finished sample, from its first step to its lineage, by clicking. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAccessible } from './support/accessible.ts'
import { launch, picture, pictures, settled, skipReason, type Visit, visitAs } from './support/browser.ts'

describe.skipIf(skipReason !== null)(
  `the sample, walked by the scientist${skipReason ? ` (skipped: ${skipReason})` : ''}`,
  () => {
    let browser: Browser
    let visit: Visit

    beforeAll(async () => {
      browser = await launch()
      visit = await visitAs(browser, 'scientist')
    })
    afterAll(async () => {
      await browser?.close()
    })

    const open = async (path: string) => {
      await visit.page.goto(path)
      await settled(visit.page)
    }
    const area = async (name: string) => {
      await visit.page.getByRole('navigation', { name: 'Workspace' }).getByRole('link', { name, exact: true }).click()
      await visit.page.getByRole('heading', { level: 1, name }).waitFor()
      await settled(visit.page)
    }

    it('home shows the sample’s steps, each done and linked', async () => {
      const { page } = visit
      await open('/w/telco')
      const steps = page.getByRole('list', { name: 'Sample project' }).getByRole('listitem')
      await steps.first().waitFor()
      expect(await steps.count()).toBeGreaterThanOrEqual(6)
      expect(await steps.filter({ hasText: 'Succeeded' }).count()).toBe(await steps.count())
      await expectAccessible(page)
      await pictures(page, 'home')
    })

    it('the job keeps its logs, pods, runs, events and YAML', async () => {
      const { page } = visit
      await area('Jobs')
      await expectAccessible(page)
      await pictures(page, 'jobs')
      await page.getByRole('link', { name: 'train-churn-job' }).first().click()
      await page.getByRole('heading', { level: 1, name: 'train-churn-job' }).waitFor()
      await page.getByRole('region', { name: 'Log lines' }).getByText(/\S/).first().waitFor()
      await settled(page)
      await expectAccessible(page)
      await pictures(page, 'job-logs')
      for (const tab of [/^Pods/, /^Runs/, 'Events', 'YAML']) {
        await page.getByRole('tab', { name: tab }).click()
        await settled(page)
        await expectAccessible(page)
      }
      expect(await page.getByRole('tabpanel').textContent()).toContain('kind: Job')
    })

    it('from the job to its run: metrics, curves, data and artifacts', async () => {
      const { page } = visit
      await page.getByRole('tab', { name: /^Runs/ }).click()
      await page
        .getByRole('region', { name: 'Runs of this job' })
        .getByRole('link', { name: 'train-churn', exact: true })
        .click()
      const children = page.getByRole('list', { name: 'Child runs' })
      await children.getByRole('link', { name: 'gradient-boosting' }).waitFor()
      await settled(page)
      await expectAccessible(page)
      await pictures(page, 'run-parent')
      await children.getByRole('link', { name: 'gradient-boosting' }).click()
      await page.getByRole('heading', { level: 1, name: 'gradient-boosting' }).waitFor()
      await page.getByRole('link', { name: 'train-churn', exact: true }).waitFor()
      await page
        .getByRole('img', { name: /^Line chart/ })
        .first()
        .waitFor()
      await settled(page)
      await expectAccessible(page)
      await pictures(page, 'run')
      await page
        .getByRole('button', { name: /show as table/ })
        .first()
        .click()
      await page.getByRole('tab', { name: 'Artifacts' }).click()
      await page.getByRole('tabpanel').getByRole('button').first().waitFor()
      await expectAccessible(page)
      await picture(page, 'run-artifacts')
    })

    it('the runs can be filtered in MLflow’s grammar, and a wrong filter says what is wrong', async () => {
      const { page } = visit
      await area('Experiments')
      await expectAccessible(page)
      await page.getByRole('region', { name: 'Experiments' }).getByRole('link').first().click()
      const table = page.getByRole('region', { name: 'Runs' })
      await table.waitFor()
      await expectAccessible(page)
      await pictures(page, 'runs')
      const filter = page.getByRole('textbox', { name: 'Filter runs' })
      await filter.fill("attributes.status = 'KILLED'")
      await filter.press('Enter')
      await page.getByText('No run matches the filter').waitFor()
      await page.getByRole('button', { name: 'Clear the filter' }).click()
      await table.waitFor()
      await filter.fill('metrics.roc_auc >')
      await filter.press('Enter')
      await page.getByRole('main').getByRole('alert').first().waitFor()
    })

    it('the model’s version tells its gate, its approval, its run and its endpoint', async () => {
      const { page } = visit
      await area('Models')
      await expectAccessible(page)
      await page.getByRole('link', { name: 'churn', exact: true }).first().click()
      await page.getByRole('heading', { level: 1, name: 'churn' }).waitFor()
      await page.getByText('gate passed').first().waitFor()
      await page
        .getByText(/approved by admin@/)
        .first()
        .waitFor()
      await page.getByText('default-editor (pod)').first().waitFor()
      await expectAccessible(page)
      await pictures(page, 'model')
      await page.getByRole('region', { name: 'Versions' }).getByRole('link').first().click()
      await page.getByRole('heading', { level: 1, name: /churn, version/ }).waitFor()
      await page.getByText('Production').first().waitFor()
      await expectAccessible(page)
      await pictures(page, 'model-version')
    })

    it('a move to Production asks an owner, and is decided with a reason', async () => {
      const { page } = visit
      await page.getByRole('button', { name: 'Move to a stage' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('combobox', { name: 'To' }).selectOption('Archived')
      await expectAccessible(page)
      await picture(page, 'request-stage')
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'hidden' })
    })

    it('the endpoint answers the test panel by V1 and V2', async () => {
      const { page } = visit
      await area('Endpoints')
      await expectAccessible(page)
      await page
        .getByRole('region', { name: 'Endpoints' })
        .getByRole('link', { name: 'churn', exact: true })
        .first()
        .click()
      await page.getByRole('heading', { level: 1, name: 'churn' }).waitFor()
      // A platform that was just started starts its model servers anew; the page itself says when they answer.
      await page.getByRole('main').getByRole('button', { name: 'Ready', exact: true }).waitFor({ timeout: 50_000 })
      await expectAccessible(page)
      await pictures(page, 'endpoint')
      await page.getByRole('tab', { name: 'Test' }).click()
      for (const protocol of ['v1', 'v2']) {
        await page.getByRole('combobox', { name: 'Protocol' }).selectOption(protocol)
        const answered = page.waitForResponse((response) => response.url().includes('endpoints.test'))
        await page.getByRole('button', { name: 'Send' }).click()
        await answered
        await page.getByText('200', { exact: true }).waitFor()
      }
      await expectAccessible(page)
      await pictures(page, 'endpoint-test')
    })

    it('monitoring shows accuracy, latency and drift, and the predictions with their labels', async () => {
      const { page } = visit
      await page.getByRole('tab', { name: 'Monitoring' }).click()
      await page.getByText('Drift by feature').waitFor()
      await page
        .getByRole('img', { name: /^Distribution of/ })
        .first()
        .waitFor()
      await expectAccessible(page)
      await pictures(page, 'monitoring')
      await page.getByRole('tab', { name: 'Predictions' }).click()
      await page.getByRole('region', { name: 'Predictions' }).waitFor()
      await expectAccessible(page)
      await picture(page, 'predictions')
    })

    it('lineage leads from data to predictions, every box a link', async () => {
      const { page } = visit
      await area('Lineage')
      const graph = page.getByRole('region', { name: 'Lineage graph' })
      for (const kind of ['Data', 'Job', 'Run', 'Model version', 'Endpoint', 'Predictions']) {
        await graph.getByRole('link').filter({ hasText: kind }).first().waitFor()
      }
      await expectAccessible(page)
      await pictures(page, 'lineage')
      await graph.getByRole('link').filter({ hasText: 'Endpoint' }).first().click()
      await page.waitForURL(/\/endpoints\/churn/)
    })

    it('activity, contributors and tokens', async () => {
      const { page } = visit
      await area('Activity')
      await expectAccessible(page)
      await pictures(page, 'activity')
      await area('Contributors')
      await page.getByText('reads and changes every Secret').first().waitFor()
      await expectAccessible(page)
      await pictures(page, 'contributors')
      await open('/settings/tokens')
      await page.getByRole('button', { name: 'New token' }).click()
      await page.getByRole('textbox', { name: 'Name' }).fill('journey')
      await page.getByRole('button', { name: 'Create', exact: true }).click()
      expect(await page.getByTestId('token-secret').textContent()).toMatch(/^kls_/)
      await expectAccessible(page)
      await page.getByRole('button', { name: 'Done' }).click()
      await page.getByRole('button', { name: 'Revoke journey' }).first().click()
      await pictures(page, 'tokens')
    })

    it('an address with nothing behind it says so', async () => {
      const { page } = visit
      await page.goto('/w/telco/models/no-such-model')
      await page.getByText('There is nothing here').waitFor()
      await expectAccessible(page)
      await picture(page, 'not-found')
    })

    it('no page threw or was refused a script', () => {
      expect(visit.complaints).toEqual([])
    })
  },
)
