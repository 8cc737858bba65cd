/**
 * A real Chromium for the journeys: started once per file, a context per person. Skipped, with the reason, where there is
 * no platform to look at or no Chromium.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { type PersonName, person } from './people.ts'

export const baseUrl = process.env.KEELSON_E2E_URL ?? ''
const executablePath = process.env.KEELSON_E2E_CHROMIUM ?? '/usr/bin/chromium'
const screenshots = fileURLToPath(new URL('../../../test-results/screenshots/', import.meta.url))

/** Why the journeys cannot run here; null where they can. */
export const skipReason =
  baseUrl === ''
    ? 'KEELSON_E2E_URL is not set: no platform was started'
    : existsSync(executablePath)
      ? null
      : `${executablePath} is not there (Debian: apt-get install chromium)`

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath, args: flags })
}

/** What a page said that it should not have: script errors, and anything the content security policy refused. */
export type Complaints = string[]

export type Visit = { context: BrowserContext; page: Page; complaints: Complaints }

/** A browser of one's own, signed in through the real login page and the provider's own form. */
export async function visitAs(browser: Browser, name: PersonName, theme: 'light' | 'dark' = 'light'): Promise<Visit> {
  const context = await browser.newContext({
    baseURL: baseUrl,
    colorScheme: theme,
    viewport: { width: 1440, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const complaints: Complaints = []
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`))
  page.on('console', (message) => {
    const isExpected = /Failed to load resource/.test(message.text())
    if (message.type() === 'error' && !isExpected) complaints.push(`${page.url()}: ${message.text()}`)
  })
  await signIn(page, name)
  return { context, page, complaints }
}

export async function signIn(page: Page, name: PersonName): Promise<void> {
  const { email, password } = person(name)
  await page.goto('/')
  await page.waitForURL(/\/login/)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL((url) => url.origin === new URL(baseUrl).origin && !/^\/(login|oidc|api)/.test(url.pathname))
}

/** Waits until the page shows what it has: its frame is there and nothing of it is still loading. */
export async function settled(page: Page): Promise<void> {
  await page.locator('#content, main').first().waitFor()
  await page.waitForFunction(() => document.querySelector('[role=status][aria-label=Loading]') === null)
  await page.evaluate(() => document.fonts.ready)
}

/** Keeps what the page looks like: `test-results/screenshots/<name>.png`. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true })
  await page.screenshot({ path: `${screenshots}${name}.png` })
}

/** The same page in both themes. */
export async function pictures(page: Page, name: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme })
    await page.waitForFunction((wanted) => document.documentElement.classList.contains(wanted), theme)
    await picture(page, `${name}-${theme}`)
  }
  await page.emulateMedia({ colorScheme: 'light' })
}
