/** A Jupyter server as its own clients use it: its REST API, and a kernel's messages over the WebSocket. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'

export type CellResult = { text: string; error: string | null }

type Message = {
  parent_header?: { msg_id?: string }
  msg_type?: string
  content: { text?: string; ename?: string; evalue?: string; traceback?: string[]; execution_state?: string }
}

/** A kernel of the server at `base` (with its prefix), asked with `credential`; `run` gives what a cell wrote, and its error. */
export class Kernel {
  readonly #base: string
  readonly #id: string
  readonly #socket: WebSocket
  readonly #session = randomUUID()

  readonly #headers: Record<string, string>

  private constructor(base: string, headers: Record<string, string>, id: string, socket: WebSocket) {
    this.#base = base
    this.#headers = headers
    this.#id = id
    this.#socket = socket
  }

  static async start(base: string, credential: Record<string, string> = {}): Promise<Kernel> {
    const headers = await proofOfPage(base, credential)
    const body = JSON.stringify({ name: 'python3' })
    const answer = await fetch(`${base}/api/kernels`, { method: 'POST', headers, body })
    if (answer.status !== 201) throw new Error(`no kernel: ${answer.status} ${await answer.text()}`)
    const { id } = (await answer.json()) as { id: string }
    // Node's own WebSocket takes headers; the type is the browser's, which does not.
    const options = { headers: credential } as unknown as string[]
    const socket = new WebSocket(`${base.replace(/^http/, 'ws')}/api/kernels/${id}/channels`, options)
    await once(socket, 'open')
    return new Kernel(base, headers, id, socket)
  }

  run(code: string): Promise<CellResult> {
    const id = randomUUID()
    const result: CellResult = { text: '', error: null }
    return new Promise((resolve, reject) => {
      const onMessage = ({ data }: MessageEvent) => {
        const { parent_header, msg_type, content } = JSON.parse(String(data)) as Message
        if (parent_header?.msg_id !== id) return
        if (msg_type === 'stream') result.text += content.text ?? ''
        if (msg_type === 'error') result.error = `${content.ename}: ${content.evalue}\n${content.traceback?.join('\n')}`
        if (msg_type !== 'status' || content.execution_state !== 'idle') return
        this.#socket.removeEventListener('message', onMessage)
        resolve(result)
      }
      this.#socket.addEventListener('message', onMessage)
      this.#socket.addEventListener('close', () => reject(new Error('the kernel closed its socket')), { once: true })
      const header = { msg_id: id, username: '', session: this.#session, msg_type: 'execute_request', version: '5.3' }
      const content = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false }
      this.#socket.send(
        JSON.stringify({ header, parent_header: {}, metadata: {}, content, channel: 'shell', buffers: [] }),
      )
    })
  }

  async stop(): Promise<void> {
    this.#socket.close()
    await fetch(`${this.#base}/api/kernels/${this.#id}`, { method: 'DELETE', headers: this.#headers })
  }
}

/** The cookie that JupyterLab's page sets, shown twice: what tells the page's own calls from another page's. */
export async function proofOfPage(
  base: string,
  credential: Record<string, string> = {},
): Promise<Record<string, string>> {
  const page = await fetch(`${base}/lab`, { headers: credential })
  const xsrf = /_xsrf=([^;]+)/.exec(page.headers.getSetCookie().join('\n'))?.[1]
  if (page.status !== 200 || xsrf === undefined) throw new Error(`no page: ${page.status} ${await page.text()}`)
  return { ...credential, cookie: `_xsrf=${xsrf}`, 'x-xsrftoken': xsrf }
}
