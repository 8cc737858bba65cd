/** Names, texts and log lines that are scripts, as a real Chromium shows them: nothing runs, and no link does either. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAccessible } from '../journeys/support/accessible.ts'
import { launch, settled, skipReason, type Visit, visitAs } from '../journeys/support/browser.ts'
import { openStarted, type Started } from './support/started.ts'

const evil = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
const markdown = `${evil}\n[click](javascript:window.hacked=1) <a href="javascript:window.hacked=1">x</a> [d](data:text/html,<script>window.hacked=1</script>)`
const log = `${evil} \u001b]8;;javascript:window.hacked=1\u0007link\u001b]8;;\u0007 \u001b[31mred`

describe.skipIf(skipReason !== null)(`item 18${skipReason ? ` (skipped: ${skipReason})` : ''}`, () => {
  let browser: Browser
  let visit: Visit
  let started: Started
  const pages: string[] = []

  beforeAll(async () => {
    started = await openStarted()
    const { first, mlflow, call } = started
    const made = await mlflow('scientist', first, 'experiments/create', {
      name: evil,
      tags: [{ key: 'mlflow.note.content', value: markdown }],
    })
    const { experiment_id } = made.body as { experiment_id: string }
    const run = await mlflow('scientist', first, 'runs/create', {
      experiment_id,
      run_name: evil,
      start_time: Date.now(),
      tags: [
        { key: 'mlflow.note.content', value: markdown },
        { key: 'note', value: evil },
      ],
    })
    const { info } = (run.body as { run: { info: { run_id: string } } }).run
    const logged = await mlflow('scientist', first, 'runs/log-batch', {
      run_id: info.run_id,
      metrics: [{ key: 'loss', value: 1, timestamp: 1, step: 0 }],
      params: [{ key: 'note', value: evil }],
    })
    expect(logged.status).toBe(200)
    const model = await mlflow('scientist', first, 'registered-models/create', {
      name: 'evil',
      description: markdown,
      tags: [{ key: 'note', value: evil }],
    })
    expect(model.status).toBe(200)
    await mlflow('scientist', first, 'model-versions/create', {
      name: 'evil',
      source: `runs:/${info.run_id}/model`,
      run_id: info.run_id,
      description: markdown,
    })
    const container = {
      name: 'main',
      // On a node, too, an image with a shell.
      image: 'keelson/python:1',
      command: ['sh', '-c', 'printf "%s\\n" "$EVIL"; exit 1'],
      env: [{ name: 'EVIL', value: log }],
      terminationMessagePolicy: 'FallbackToLogsOnError',
    }
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'evil', annotations: { note: evil } },
      spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers: [container] } } },
    }
    // JSON is YAML. Made by the platform as the person: a cluster need not know the platform's tokens.
    const make = (who: 'scientist' | 'admin', object: object) =>
      call(who, 'objects.create', 'mutation', { workspace: first, yaml: JSON.stringify(object) })
    expect(await make('scientist', job)).toMatchObject({ error: null })
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'evil', namespace: first },
      involvedObject: { kind: 'Job', name: 'evil', namespace: first },
      type: 'Warning',
      reason: 'Evil',
      message: `${evil} ${markdown}`,
    }
    expect(await make('admin', event)).toMatchObject({ error: null })
    pages.push(
      `/w/${first}`,
      `/w/${first}/experiments`,
      `/w/${first}/experiments/${experiment_id}`,
      `/w/${first}/experiments/${experiment_id}/runs/${info.run_id}`,
      `/w/${first}/models`,
      `/w/${first}/models/evil`,
      `/w/${first}/models/evil/versions/1`,
      `/w/${first}/jobs`,
      `/w/${first}/activity`,
      `/w/${first}/lineage`,
    )
    browser = await launch()
    visit = await visitAs(browser, 'scientist')
  })
  afterAll(async () => {
    await browser?.close()
    await started?.stop()
  })

  it('item 18: no name, note, log line or event runs, and no link does', async () => {
    const { page } = visit
    let seen = 0
    const look = async (path: string) => {
      await page.goto(path)
      await settled(page)
      const found = await page.evaluate(() => ({
        hacked: 'hacked' in window,
        planted: document.querySelectorAll('img[src="x"], script:not([src]):not([nonce]):empty').length,
        images: document.querySelectorAll('img[src="x"]').length,
        links: [...document.querySelectorAll('a[href]')]
          .map((link) => link.getAttribute('href') ?? '')
          .filter((href) => /^\s*(javascript|data|vbscript):/i.test(href)),
        shows: document.body.textContent?.includes('onerror=') ?? false,
      }))
      expect({ hacked: found.hacked, images: found.images, links: found.links }, path).toEqual({
        hacked: false,
        images: 0,
        links: [],
      })
      if (found.shows) seen += 1
    }
    for (const path of pages) await look(path)
    // It was really there to be run: as text.
    expect(seen).toBeGreaterThanOrEqual(3)
    const job = await page.evaluate(() =>
      [...document.querySelectorAll('a[href]')].map((link) => link.getAttribute('href')),
    )
    expect(job.length).toBeGreaterThan(0)
  })

  it('item 13: whoever looks at a page reads that owners share this machine', async () => {
    const { page } = visit
    await page.goto(`/w/${started.first}`)
    await settled(page)
    await page.getByRole('note').filter({ hasText: 'owners share this machine' }).waitFor()
    await expectAccessible(page)
  })

  it('item 18: the log of a job is text, whatever its bytes say', async () => {
    const { page } = visit
    await page.goto(`/w/${started.first}/jobs`)
    await page.getByRole('link', { name: 'evil', exact: true }).first().click()
    await page.getByText('onerror=').first().waitFor()
    const state = await page.evaluate(() => ({
      hacked: 'hacked' in window,
      images: document.querySelectorAll('img[src="x"]').length,
      links: document.querySelectorAll('a[href^="javascript" i]').length,
    }))
    expect(state).toEqual({ hacked: false, images: 0, links: 0 })
  })

  it('item 18: the provider’s error and the place to go back to are text and stay on the platform', async () => {
    const { page } = visit
    for (const path of [
      `/login?error=${encodeURIComponent(evil)}`,
      `/login?error_description=${encodeURIComponent(evil)}&callbackUrl=javascript:window.hacked=1`,
    ]) {
      await page.goto(path)
      const state = await page.evaluate(() => ({
        hacked: 'hacked' in window,
        images: document.querySelectorAll('img[src="x"]').length,
        links: document.querySelectorAll('a[href^="javascript" i]').length,
      }))
      expect(state, path).toEqual({ hacked: false, images: 0, links: 0 })
    }
  })
})
