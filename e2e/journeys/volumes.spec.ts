/** A volume: made with the form, its files sent, looked at, renamed and deleted in the page, who may only look, and its end. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { eventually } from '@keelson/testing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAccessible } from './support/accessible.ts'
import { launch, pictures, settled, skipReason, type Visit, visitAs } from './support/browser.ts'
import { person } from './support/people.ts'

const suffix = randomBytes(3).toString('hex')
const workspace = `volumes-${suffix}`
const list = `/w/${workspace}/volumes`
const slow = { timeout: 60_000 }
const slow60 = { timeoutMs: 60_000 }

describe.skipIf(skipReason !== null)(`volumes${skipReason ? ` (skipped: ${skipReason})` : ''}`, () => {
  let browser: Browser
  let owner: Visit
  let viewer: Visit

  beforeAll(async () => {
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
    await browser?.close()
  })

  it('is made with the form, which says what the quota leaves', async () => {
    const { page } = owner
    await page.goto(list)
    await settled(page)
    await page.getByRole('heading', { name: 'No volume here yet' }).waitFor()
    await expectAccessible(page)
    await pictures(page, 'volumes-none')
    await page.getByRole('button', { name: 'New volume' }).and(page.locator(':enabled')).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name', { exact: true }).fill('data')
    await dialog.getByLabel('Size', { exact: true }).fill('much')
    await dialog.getByText('must be a size, such as 500Mi or 5Gi').waitFor()
    await dialog.getByLabel('Size', { exact: true }).fill('1Gi')
    await dialog.getByRole('region', { name: 'Quota for volumes' }).waitFor()
    await dialog.getByText('storage: 1Gi').waitFor()
    await expectAccessible(page)
    await pictures(page, 'volume-form')
    await dialog.getByRole('button', { name: 'Create' }).and(page.locator(':enabled')).click()
    await page.getByRole('heading', { level: 1, name: 'data' }).waitFor()
    await settled(page)
    await pictures(page, 'volume')
  })

  it('shows its files once a pod has it mounted, and takes new ones', async () => {
    const { page } = owner
    await page.getByRole('tab', { name: 'Files' }).click()
    await page.getByRole('button', { name: 'Open the files' }).and(page.locator(':enabled')).waitFor()
    await pictures(page, 'volume-files-closed')
    await page.getByRole('button', { name: 'Open the files' }).click()
    await page.getByRole('heading', { name: 'The volume is empty' }).waitFor(slow)
    await page.getByRole('button', { name: 'New folder' }).click()
    await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('reports')
    await page.getByRole('dialog').getByRole('button', { name: 'Make it' }).click()
    await page.getByRole('button', { name: 'reports', exact: true }).click()
    await page.getByRole('heading', { name: 'The folder is empty' }).waitFor()
    await page.getByLabel('Files to upload').setInputFiles([
      { name: 'notes.md', mimeType: 'text/markdown', buffer: Buffer.from('# What was seen\n') },
      { name: 'page.html', mimeType: 'text/html', buffer: Buffer.from('<script>document.title="taken"</script>') },
      { name: 'large.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(8 << 20, 1) },
      { name: 'dot.png', mimeType: 'image/png', buffer: Buffer.from(dot, 'base64') },
    ])
    await page.getByRole('button', { name: 'dot.png', exact: true }).waitFor(slow)
    await settled(page)
    await expectAccessible(page)
    await pictures(page, 'volume-files')
    await page.getByRole('button', { name: 'page.html', exact: true }).click()
    await page.getByRole('dialog').getByText('document.title="taken"').waitFor()
    expect(await page.title()).not.toContain('taken')
    await expectAccessible(page)
    await pictures(page, 'volume-file-text')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'dot.png', exact: true }).click()
    await page.getByRole('dialog').getByRole('img', { name: 'dot.png' }).waitFor()
    await page.keyboard.press('Escape')
  })

  it('gives files back, renames and deletes them', async () => {
    const { page } = owner
    await page.getByRole('button', { name: 'Actions on notes.md' }).click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'Download' }).click(),
    ])
    expect(await readFile(await download.path(), 'utf8')).toBe('# What was seen\n')
    await page.getByRole('button', { name: 'Actions on notes.md' }).click()
    await page.getByRole('menuitem', { name: 'Rename' }).click()
    const name = page.getByRole('dialog').getByLabel('Name', { exact: true })
    await name.fill('dot.png')
    await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click()
    await page.getByRole('alert').getByText('There is something of that name already.').waitFor()
    await name.fill('seen.md')
    await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click()
    await page.getByRole('button', { name: 'seen.md', exact: true }).waitFor()
    await page.getByRole('button', { name: 'Actions on large.bin' }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('button', { name: 'Actions on large.bin' }).waitFor({ state: 'detached' })
    const [archive] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download as zip' }).click(),
    ])
    expect(archive.suggestedFilename()).toBe('reports.zip')
    expect((await readFile(await archive.path())).subarray(0, 2).toString()).toBe('PK')
  })

  it('has curves that a TensorBoard draws, on the notebooks’ site', async () => {
    const { page, context } = owner
    await page
      .getByLabel('Files to upload')
      .setInputFiles([
        { name: 'events.out.tfevents.1', mimeType: 'application/octet-stream', buffer: Buffer.from(curve, 'base64') },
      ])
    await page.getByText('events.out.tfevents.1').waitFor(slow)
    await page.goto(`/w/${workspace}/tensorboards`)
    await page.getByRole('heading', { name: 'No TensorBoard here yet' }).waitFor()
    await settled(page)
    await expectAccessible(page)
    await pictures(page, 'tensorboards-none')
    await page.getByRole('button', { name: 'New TensorBoard' }).and(page.locator(':enabled')).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name', { exact: true }).fill('curves')
    await dialog.getByLabel('Folder', { exact: true }).fill('reports')
    await expectAccessible(page)
    await pictures(page, 'tensorboard-form')
    await dialog.getByRole('button', { name: 'Create' }).and(page.locator(':enabled')).click()
    // The first time on a machine, the image's environment is built.
    await page.getByRole('link', { name: 'Open curves' }).waitFor({ timeout: 150_000 })
    await settled(page)
    await expectAccessible(page)
    await pictures(page, 'tensorboards')
    const [board] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('link', { name: 'Open curves' }).click(),
    ])
    await board.waitForURL(new RegExp(`/tensorboard/${workspace}/curves/`), slow)
    expect(new URL(board.url()).origin).not.toBe(new URL(page.url()).origin)
    const tags = new URL(`/tensorboard/${workspace}/curves/data/plugin/scalars/tags`, board.url()).href
    await eventually(async () => expect(await (await context.request.get(tags)).text()).toContain('"loss"'), slow60)
    await board.reload()
    await board.getByText('loss').first().waitFor(slow)
    await board.close()
    expect((await viewer.page.request.get(`/workspaces/${workspace}/tensorboards/curves/open`)).status()).toBe(403)
    await page.getByRole('button', { name: 'Delete curves' }).and(page.locator(':enabled')).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete the TensorBoard' }).click()
    await page.getByRole('heading', { name: 'No TensorBoard here yet' }).waitFor(slow)
  })

  it('is shown to who may only look, whom its files are not', async () => {
    const { page } = viewer
    await page.goto(list)
    await page.getByRole('link', { name: 'data', exact: true }).waitFor()
    await page
      .locator('[aria-disabled=true]')
      .and(page.getByRole('button', { name: 'New volume' }))
      .waitFor()
    await settled(page)
    await expectAccessible(page)
    await pictures(page, 'volumes-viewer')
    await page.getByRole('link', { name: 'data', exact: true }).click()
    await page.getByRole('tab', { name: 'Files' }).click()
    await page
      .locator('[aria-disabled=true]')
      .and(page.getByRole('button', { name: 'Open the files' }))
      .waitFor()
    const files = `/workspaces/${workspace}/volumes/data/files/list?path=`
    expect((await page.request.get(files)).status()).toBe(403)
    expect((await owner.page.request.get(files)).status()).toBe(200)
  })

  it('is deleted by who typed its name, with what shows its files', async () => {
    const { page } = owner
    await page.goto(`${list}/data`)
    await page.getByRole('button', { name: 'Delete' }).and(page.locator(':enabled')).click()
    const dialog = page.getByRole('dialog')
    const confirm = dialog.getByRole('button', { name: 'Delete the volume' })
    expect(await confirm.isDisabled()).toBe(true)
    await dialog.getByLabel('Type data to go on').fill('data')
    await pictures(page, 'volume-delete')
    await confirm.click()
    await page.waitForURL((url) => url.pathname === list)
    await page.getByRole('link', { name: 'data', exact: true }).waitFor({ state: 'detached', ...slow })
    expect([owner, viewer].flatMap((visit) => visit.complaints)).toEqual([])
  })
})

const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='

/** Three steps of a loss, as tensorboard's EventFileWriter writes them. */
const curve =
  'SAAAAAAAAAD+kkidCTWQZ8i0wdpBGg1icmFpbi5FdmVudDoyUi4KLHRlbnNvcmJvYXJkLnN1bW1hcnkud3JpdGVyLmV2ZW50X2ZpbGVfd3JpdGVyd/PzQBgAAAAAAAAAo39LIgkAAABA/FTZQSoNCgsKBGxvc3MVAACAPwhDlpYaAAAAAAAAABKb2C0JAABAQPxU2UEQASoNCgsKBGxvc3MVAAAAP5fWdAQaAAAAAAAAABKb2C0JAACAQPxU2UEQAioNCgsKBGxvc3MVq6qqPqEqz2c='

/** The dashboard's own API, with the session of a page. */
async function call(page: Page, path: string, input: unknown): Promise<void> {
  const answer = await page.request.post(`/api/trpc/${path}`, {
    data: { json: input },
    headers: { origin: new URL(page.url()).origin },
  })
  if (!answer.ok()) throw new Error(`${path}: ${await answer.text()}`)
}
