/** What the benches share that look as a person does: a page of a real Chromium, signed in as the sample's scientist. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { parse } from 'yaml'

/** `home` is the state folder of the started platform, `url` its address. The browser is the caller's to close. */
export async function launchSignedIn(home, url) {
  const { people } = parse(readFileSync(join(home, 'people.yaml'), 'utf8'))
  const person = people.find(({ email }) => email.startsWith('scientist@'))
  const executablePath = process.env.KEELSON_E2E_CHROMIUM ?? '/usr/bin/chromium'
  const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu'] })
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    await page.goto(`${url}/login`)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByLabel('E-mail').fill(person.email)
    await page.getByLabel('Password').fill(person.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL((at) => at.origin === url && !/^\/(login|oidc|api)/.test(at.pathname))
    return { browser, page }
  } catch (error) {
    await browser.close()
    throw error
  }
}
