/** Any object as YAML: made, edited with a dry run and a diff, two people at once, who may only look, a kind of one's own, by keyboard. */
import { randomBytes } from 'node:crypto'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAccessible } from './support/accessible.ts'
import { launch, picture, pictures, settled, skipReason, type Visit, visitAs } from './support/browser.ts'
import { person } from './support/people.ts'

const suffix = randomBytes(3).toString('hex')
const workspace = `objects-${suffix}`
const group = `${suffix}.example.org`
const configMaps = `/w/${workspace}/objects/core/v1/configmaps`

const kindOfKinds = {
  workspace: null,
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
}

const settingsOf = (data: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: ${workspace}\ndata:\n${data}`

const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: boats.${group}
spec:
  group: ${group}
  scope: Namespaced
  names: { plural: boats, singular: boat, kind: Boat, listKind: BoatList }
  versions:
    - name: v1
      served: true
      storage: true
      additionalPrinterColumns:
        - { name: Sail, type: string, jsonPath: .spec.sail }
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                sail: { type: string, enum: [gaff, lug], description: Its rig. }
`

describe.skipIf(skipReason !== null)(`objects of any kind${skipReason ? ` (skipped: ${skipReason})` : ''}`, () => {
  let browser: Browser
  let owner: Visit
  let viewer: Visit
  let admin: Visit

  beforeAll(async () => {
    browser = await launch()
    owner = await visitAs(browser, 'scientist')
    viewer = await visitAs(browser, 'viewer')
    admin = await visitAs(browser, 'admin')
    await call(owner.page, 'workspaces.create', { name: workspace })
    await owner.page.goto(`/w/${workspace}/contributors`)
    await owner.page.getByRole('button', { name: 'Add', exact: true }).and(owner.page.locator(':enabled')).waitFor()
    await call(owner.page, 'workspaces.addContributor', {
      workspace,
      subject: person('viewer').email,
      role: 'viewer',
    })
  })
  afterAll(async () => {
    if (admin !== undefined) await tidy()
    await browser?.close()
  })

  /** What the journey made and only it would ever look at again. */
  async function tidy(): Promise<void> {
    const definition = { ...kindOfKinds, name: `boats.${group}` }
    const { uid } = await ask<{ uid: string }>(admin.page, 'objects.get', definition).catch(() => ({ uid: '' }))
    await call(admin.page, 'objects.delete', { ...definition, uid }).catch(() => {})
    await call(owner.page, 'workspaces.delete', { workspace, confirm: workspace }).catch(() => {})
  }

  it('a ConfigMap is made from YAML, after the cluster was asked', async () => {
    const { page } = owner
    await page.goto(`/w/${workspace}/objects?q=configmap`)
    await settled(page)
    await page.getByRole('link', { name: 'ConfigMap', exact: true }).waitFor()
    await expectAccessible(page)
    await pictures(page, 'objects-kinds')
    await page.getByRole('link', { name: 'ConfigMap', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'ConfigMap' }).waitFor()
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    const editor = page.getByRole('textbox', { name: 'YAML of the new object' })
    await write(editor, settingsOf('  mode: slow\n  colour: red\n'))
    await page.getByRole('button', { name: 'Review' }).click()
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'settings' }).waitFor()
    await page.goto(configMaps)
    await page.getByRole('link', { name: 'settings' }).waitFor()
    await settled(page)
    await expectAccessible(page)
    await pictures(page, 'objects-list')
    await page.getByRole('link', { name: 'settings' }).click()
  })

  it('a wrong field is marked at its line, the change is looked at, and then written', async () => {
    const { page } = owner
    const editor = page.getByRole('textbox', { name: 'YAML of ConfigMap settings' })
    await write(editor, settingsOf('  mode: fast\n  colour: red\ndota: {}\n'))
    const remarks = page.getByRole('region', { name: 'What is wrong' })
    await remarks.getByText('There is no field dota here. Did you mean data?').waitFor()
    await remarks.getByRole('button', { name: 'line 9' }).waitFor()
    await expectAccessible(page)
    await pictures(page, 'object-editor-mark')
    // The cluster says the same, at the same line.
    await page.getByRole('button', { name: 'Review changes' }).click()
    const refused = page.getByRole('alert', { name: 'The cluster does not take it' })
    await refused.getByText('dota: There is no such field.').waitFor()
    expect(await refused.getByRole('button', { name: 'line 9' }).count()).toBe(2)

    await write(editor, settingsOf('  mode: fast\n  colour: red\n'))
    await page.getByRole('button', { name: 'Review changes' }).click()
    const changes = page.getByRole('textbox', { name: 'What changes' })
    await changes.getByText('mode: fast').waitFor()
    await changes.getByText('mode: slow').waitFor()
    await expectAccessible(page)
    await pictures(page, 'object-review')
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText('ConfigMap settings was written.').first().waitFor()
    await editor.getByText('mode: fast').waitFor()
  })

  it('what somebody else wrote meanwhile is shown, taken over, and never lost', async () => {
    const { page } = owner
    const editor = page.getByRole('textbox', { name: 'YAML of ConfigMap settings' })
    await write(editor, settingsOf('  mode: fast\n  colour: blue\n'))
    const where = { workspace, group: '', version: 'v1', plural: 'configmaps', name: 'settings' }
    const { etag } = await ask<{ etag: string }>(admin.page, 'objects.get', where)
    await call(admin.page, 'objects.update', { ...where, etag, yaml: settingsOf('  mode: exact\n  colour: red\n') })
    // The page hears of it by itself; the text stays.
    await page.getByText('Somebody changed it since you opened it.').waitFor()
    await page.getByRole('button', { name: 'Review changes' }).click()
    const panel = page.getByRole('region', { name: 'Changed meanwhile' })
    await panel.getByText('mode: exact').waitFor()
    await expectAccessible(page)
    await pictures(page, 'object-stale')
    await panel.getByRole('button', { name: 'Take it over' }).click()
    await editor.getByText('mode: exact').waitFor()
    await editor.getByText('colour: blue').waitFor()
    await page.getByRole('button', { name: 'Review changes' }).click()
    await page.getByRole('button', { name: 'Apply' }).click()
    // The editor is back when it is written.
    await editor.getByText('colour: blue').waitFor()
    const now = await ask<{ yaml: string }>(owner.page, 'objects.get', where)
    expect(now.yaml).toMatch(/mode: exact/)
    expect(now.yaml).toMatch(/colour: blue/)
  })

  it('a viewer reads it, may not save it, and reads why; a Secret is not theirs to see', async () => {
    const { page } = viewer
    await page.goto(`${configMaps}/settings`)
    const editor = page.getByRole('textbox', { name: 'YAML of ConfigMap settings' })
    await editor.getByText('mode: exact').waitFor()
    expect(await editor.getAttribute('aria-readonly')).toBe('true')
    const review = page.getByRole('button', { name: 'Review changes' }).and(page.locator('[aria-disabled=true]'))
    await review.focus()
    expect(await page.getByRole('tooltip').textContent()).toContain('You may not update configmaps')
    await expectAccessible(page)
    await picture(page, 'object-viewer')
    await page.goto(`/w/${workspace}/objects/core/v1/secrets`)
    await page.getByText('You have no access to this').waitFor()
    await page.getByText('An owner of the workspace can give you a role that reaches it').waitFor()
    await page.goto(`/w/${workspace}/objects`)
    const create = page.getByRole('button', { name: 'Create from YAML' }).and(page.locator('[aria-disabled=true]'))
    await create.focus()
    expect(await page.getByRole('tooltip').textContent()).toContain('Your role here only reads')
    // What can be done is offered to who may: the owner finds it, the viewer does not.
    expect(await offered(page, 'contributor')).not.toContain('Invite a contributor')
    expect(await offered(owner.page, 'contributor')).toContain('Invite a contributor')
  })

  it('who makes which kind true is said to operators', async () => {
    const { page } = admin
    await page.goto('/admin?tab=kinds')
    const row = page.getByRole('row').filter({ hasText: 'profiles.kubeflow.org' })
    await row.getByText('Keelson', { exact: true }).waitFor()
    await settled(page)
    await expectAccessible(page)
    await pictures(page, 'admin-kinds')
  })

  it('a kind of one’s own: its columns, its schema in the editor', async () => {
    const { page } = admin
    await page.goto('/admin/objects/new?of=apiextensions.k8s.io/v1/customresourcedefinitions')
    const editor = page.getByRole('textbox', { name: 'YAML of the new object' })
    await write(editor, definition)
    await page.getByRole('button', { name: 'Review' }).click()
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: `boats.${group}` }).waitFor()
    await settled(page)
    await expectAccessible(page)

    await page.goto(`/w/${workspace}/objects/new?of=${group}/v1/boats`)
    await write(editor, `apiVersion: ${group}/v1\nkind: Boat\nmetadata:\n  name: tern\nspec:\n  sail: `)
    await page.keyboard.press('Control+Space')
    await page.getByRole('option', { name: 'lug' }).waitFor()
    await expectAccessible(page)
    await pictures(page, 'object-completion')
    await page.getByRole('option', { name: 'lug' }).click()
    await page.getByRole('button', { name: 'Review' }).click()
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'tern' }).waitFor()
    await page.goto(`/w/${workspace}/objects/${group}/v1/boats`)
    await page.getByRole('columnheader', { name: 'Sail' }).waitFor()
    await page.getByText('lug', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'tern' }).click()
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('button', { name: 'Delete it' }).click()
    await page.getByText('There is no Boat here').waitFor()
  })

  it('by keyboard alone: in, changed, reviewed, applied, out', async () => {
    const { page } = owner
    await page.goto(`${configMaps}/settings`)
    const editor = page.getByRole('textbox', { name: 'YAML of ConfigMap settings' })
    await editor.getByText('mode: exact').waitFor()
    await page.getByRole('tab', { name: 'YAML' }).focus()
    await page.keyboard.press('Tab')
    expect(await editor.evaluate((element) => element === document.activeElement)).toBe(true)
    await page.keyboard.press('Control+End')
    await page.keyboard.type('  keys: only')
    await page.keyboard.press('Control+s')
    const apply = page.getByRole('button', { name: 'Apply' })
    await apply.waitFor()
    expect(await apply.evaluate((element) => element === document.activeElement)).toBe(true)
    await page.keyboard.press('Enter')
    await page.getByText('ConfigMap settings was written.').first().waitFor()
    await editor.getByText('keys: only').waitFor()
    // The editor is no trap.
    await editor.focus()
    await page.keyboard.press('Tab')
    expect(await editor.evaluate((element) => element === document.activeElement)).toBe(false)
    expect([owner, viewer, admin].flatMap((visit) => visit.complaints)).toEqual([])
  })
})

/** The labels that ⌘K has for a word. */
async function offered(page: Page, word: string): Promise<string[]> {
  await page.goto(`/w/${workspace}`)
  await settled(page)
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox').fill(word)
  await page.getByRole('option', { name: 'Contributors' }).first().waitFor()
  const labels = await page.getByRole('option').allTextContents()
  await page.keyboard.press('Escape')
  return labels.map((label) => label.replace(workspace, '').trim())
}

/** Puts a text into an editor in the place of what is there, as somebody who pastes does. */
async function write(editor: Locator, text: string): Promise<void> {
  await editor.waitFor()
  await editor.fill(text)
}

/** The dashboard's own API, with the session of a page. */
async function call(page: Page, path: string, input: unknown): Promise<void> {
  const answer = await page.request.post(`/api/trpc/${path}`, {
    data: { json: input },
    headers: { origin: new URL(page.url()).origin },
  })
  if (!answer.ok()) throw new Error(`${path}: ${await answer.text()}`)
}

async function ask<T>(page: Page, path: string, input: unknown): Promise<T> {
  const answer = await page.request.get(
    `/api/trpc/${path}?input=${encodeURIComponent(JSON.stringify({ json: input }))}`,
  )
  if (!answer.ok()) throw new Error(`${path}: ${await answer.text()}`)
  return (await answer.json()).result.data.json
}
