/** As much of a browser as signing in needs, over plain HTTP: cookies by path, redirects, forms, and the headers that browsers add. */
export type Page = { url: string; status: number; body: string; headers: Headers }

type Cookie = { name: string; value: string; path: string }

export class HttpBrowser {
  readonly #cookies = new Map<string, Cookie>()

  /** Follows up to ten redirects, as a person's click does. */
  async open(
    address: string,
    init: { method?: string; form?: Record<string, string>; follow?: boolean } = {},
  ): Promise<Page> {
    let url = new URL(address)
    const { origin } = url
    let method = init.method ?? (init.form === undefined ? 'GET' : 'POST')
    let form = init.form
    for (let hop = 0; hop < 10; hop += 1) {
      const response = await fetch(url, {
        method,
        redirect: 'manual',
        headers: {
          accept: 'text/html,application/json',
          cookie: this.#header(url),
          'sec-fetch-site': 'same-origin',
          'sec-fetch-mode': 'navigate',
          ...(method === 'GET' ? {} : { origin }),
        },
        ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
      })
      for (const line of response.headers.getSetCookie()) this.#keep(line, url)
      const location = response.headers.get('location')
      if (location === null || init.follow === false) {
        return { url: url.href, status: response.status, body: await response.text(), headers: response.headers }
      }
      await response.arrayBuffer()
      url = new URL(location, url)
      if (response.status !== 307) {
        method = 'GET'
        form = undefined
      }
    }
    throw new Error(`more than ten redirects, at last to ${url.href}`)
  }

  /** The action of the first form of a page, as an address. */
  static formAction(page: Page): string {
    const action = /<form[^>]*\saction="([^"]+)"/.exec(page.body)?.[1]
    if (action === undefined) throw new Error(`there is no form at ${page.url}`)
    return new URL(action.replaceAll('&#38;', '&').replaceAll('&amp;', '&'), page.url).href
  }

  cookie(name: string): string | undefined {
    return [...this.#cookies.values()].find((cookie) => cookie.name === name)?.value
  }

  forget(name: string): void {
    for (const [key, cookie] of this.#cookies) if (cookie.name === name) this.#cookies.delete(key)
  }

  #header(url: URL): string {
    const fits = ({ path }: Cookie) =>
      url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`)
    return [...this.#cookies.values()]
      .filter(fits)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  }

  #keep(line: string, url: URL): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
    const [name = '', value = ''] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
    const attribute = (wanted: string) =>
      attributes.find((one) => one.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1)
    const path = attribute('path') ?? url.pathname.replace(/\/[^/]*$/, '/')
    const key = `${name} ${path}`
    const expires = attribute('expires')
    const isGone =
      attribute('max-age') === '0' || value === '' || (expires !== undefined && Date.parse(expires) < Date.now())
    if (isGone) this.#cookies.delete(key)
    else this.#cookies.set(key, { name, value, path })
  }
}
