/** A notebook server: made with the form, seen to start, stopped, resized, started again; who may only look; an image that cannot be had. */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { expectAccessible } from './support/accessible.ts'
import { launch, pictures, settled, skipReason, type Visit, visitAs } from './support/browser.ts'
import { person } from './support/people.ts'

const suffix = randomBytes(3).toString('hex')
const workspace = `notebooks-${suffix}`
const list = `/w/${workspace}/notebooks`
const home = process.env.KEELSON_E2E_HOME
const skip = skipReason ?? (home === undefined ? 'KEELSON_E2E_HOME does not say where images.yaml is' : null)

/** A server that is up at once: what JupyterLab itself does is told by its own tests. */
const image = `journeys/server-${suffix}:1`

describe.skipIf(skip !== null)(`notebooks${skip ? ` (skipped: ${skip})` : ''}`, () => {
  let browser: Browser
  let owner: Visit
  let viewer: Visit

  beforeAll(async () => {
    addImage(join(home ?? '', 'images.yaml'), {
      runtime: 'shell',
      command: ['sh', '-c', 'echo a server begins; exec sleep 100000'],
    })
    browser = await launch()
    owner = await visitAs(browser, 'scientist')
    viewer = await visitAs(browser, 'viewer')
    await call(owner.page, 'workspaces.create', { name: workspace })
    await owner.page.goto(`/w/${workspace}/contributors`)
    await owner.page.getByRole('button', { name: 'Add', exact: true }).and(owner.page.locator(':enabled')).waitFor()
    const subject = person('viewer').email
    await call(owner.page, 'workspaces.addContributor', { workspace, subject, role: 'viewer' })
  })
  afterAll(async () => {
    if (owner !== undefined)
      await call(owner.page, 'workspaces.delete', { workspace, confirm: workspace }).catch(() => {})
    addImage(join(home ?? '', 'images.yaml'), null)
    await browser?.close()
  })

  it('is made with the form, whose YAML and faults are there while one types', async () => {
    const { page } = owner
    await page.goto(list)
    await settled(page)
    await page.getByRole('heading', { name: 'No notebook here yet' }).waitFor()
    await expectAccessible(page)
    await pictures(page, 'notebooks-none')
    await page.getByRole('link', { name: 'New notebook' }).first().click()
    await page.getByRole('heading', { level: 1, name: 'New notebook' }).waitFor()
    await page.getByText('recommended').waitFor()
    await page.getByLabel('Name', { exact: true }).fill('lab')
    await page.getByRole('radio', { name: /Another image/ }).check()
    await page.getByRole('textbox', { name: 'Image' }).fill(image)
    await page.getByLabel('CPU', { exact: true }).fill('much')
    await page.getByText('must be an amount, such as 500m, 4 or 2Gi').first().waitFor()
    expect(await page.getByRole('button', { name: 'Create' }).isDisabled()).toBe(true)
    await page.getByLabel('CPU', { exact: true }).fill('0.1')
    await page.getByLabel('Memory', { exact: true }).fill('64Mi')
    await page.getByLabel('Size of the home').fill('1Gi')
    await page.getByRole('button', { name: 'Add a variable' }).click()
    await page.getByLabel('Name of variable 1').fill('GREETING')
    await page.getByLabel('Value of variable 1').fill('hello')
    const yaml = page.locator('pre').filter({ hasText: 'kind: Notebook' })
    await yaml.filter({ hasText: 'name: lab-workspace' }).filter({ hasText: 'value: hello' }).waitFor()
    await expectAccessible(page)
    await pictures(page, 'notebook-form')
    await page.getByRole('button', { name: 'Create' }).and(page.locator(':enabled')).click()
    await page.getByRole('heading', { level: 1, name: 'lab' }).waitFor()
  })

  it('is seen to start, and says what its server says', async () => {
    const { page } = owner
    await page.getByRole('link', { name: 'Connect to lab' }).waitFor({ timeout: 60_000 })
    const address = await page.getByRole('link', { name: 'Connect to lab' }).getAttribute('href')
    expect(address).toBe(`/workspaces/${workspace}/notebooks/lab/open`)
    await settled(page)
    await expectAccessible(page)
    await pictures(page, 'notebook')
    await page.getByRole('tab', { name: 'Logs' }).click()
    await page.getByText('a server begins').waitFor()
    await pictures(page, 'notebook-logs')
    await page.getByRole('tab', { name: 'Events' }).click()
    await settled(page)
    await page
      .getByText(/Reissued from statefulset\/lab/)
      .first()
      .waitFor()
    await page.getByRole('tab', { name: 'YAML' }).click()
    await page.getByRole('textbox', { name: 'YAML of Notebook lab' }).waitFor()
  })

  it('is shown to who may only look, who can open and change nothing', async () => {
    const { page } = viewer
    await page.goto(list)
    await settled(page)
    await page.getByRole('link', { name: 'lab', exact: true }).waitFor()
    for (const name of ['Connect to lab', 'Stop lab', 'New notebook']) {
      const button = page.getByRole('button', { name })
      await page.locator('[aria-disabled=true]').and(button).waitFor()
    }
    expect(await page.getByRole('link', { name: 'Connect to lab' }).count()).toBe(0)
    const refused = await call(page, 'notebooks.stop', { workspace, name: 'lab' }).catch(String)
    expect(refused).toContain('FORBIDDEN')
    await expectAccessible(page)
    await pictures(page, 'notebooks-viewer')
  })

  it('stops, gets another size, and starts again with its volume', async () => {
    const { page } = owner
    await page.goto(list)
    await page.getByRole('button', { name: 'Stop lab' }).and(page.locator(':enabled')).click()
    await page.getByRole('button', { name: 'Start lab' }).waitFor()
    await page.getByRole('row', { name: /lab/ }).getByText('Stopped').waitFor({ timeout: 60_000 })
    await page.getByRole('link', { name: 'lab', exact: true }).click()
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Resize' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('CPU', { exact: true }).fill('0.2')
    await expectAccessible(page)
    await pictures(page, 'notebook-resize')
    await dialog.getByRole('button', { name: 'Resize' }).and(page.locator(':enabled')).click()
    await page.getByText('0.2, at most 0.24').waitFor()
    await page.getByRole('button', { name: 'Start lab' }).and(page.locator(':enabled')).click()
    await page.getByRole('link', { name: 'Connect to lab' }).waitFor({ timeout: 60_000 })
    await page.getByRole('link', { name: 'lab-workspace' }).waitFor()
  })

  it('says in a sentence what keeps it from starting', async () => {
    const { page } = owner
    const form = { name: 'wrong', customImageCheck: true, customImage: `nowhere/none-${suffix}:1`, workspace: null }
    await call(page, 'notebooks.spawn', { workspace, form })
    await page.goto(`${list}/wrong`)
    await page.getByText('Choose another image, or correct its name.').first().waitFor({ timeout: 60_000 })
    await settled(page)
    await pictures(page, 'notebook-wrong')
    await page.goto(list)
    await page.getByRole('link', { name: 'wrong' }).waitFor()
    await settled(page)
    await pictures(page, 'notebooks')
  })

  it('is deleted with its volume by who typed its name', async () => {
    const { page } = owner
    await page.goto(`${list}/lab`)
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('checkbox').check()
    const confirm = dialog.getByRole('button', { name: 'Delete the notebook' })
    expect(await confirm.isDisabled()).toBe(true)
    await dialog.getByLabel(/Type lab to go on/).fill('lab')
    await confirm.click()
    await page.waitForURL((url) => url.pathname === list)
    await page.getByRole('link', { name: 'lab', exact: true }).waitFor({ state: 'detached', timeout: 60_000 })
    expect([owner, viewer].flatMap((visit) => visit.complaints)).toEqual([])
  })
})

/** Writes an entry of the platform's own image table, or with null takes it away. */
function addImage(file: string, entry: object | null): void {
  const table = existsSync(file) ? (parse(readFileSync(file, 'utf8')) as { images?: object }) : {}
  const { [image]: _, ...others } = (table.images ?? {}) as Record<string, object>
  writeFileSync(file, stringify({ ...table, images: entry === null ? others : { ...others, [image]: entry } }))
}

/** The dashboard's own API, with the session of a page. */
async function call(page: Page, path: string, input: unknown): Promise<void> {
  const answer = await page.request.post(`/api/trpc/${path}`, {
    data: { json: input },
    headers: { origin: new URL(page.url()).origin },
  })
  if (!answer.ok()) throw new Error(`${path}: ${await answer.text()}`)
}
