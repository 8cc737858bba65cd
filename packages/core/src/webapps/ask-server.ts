const patienceMs = 10_000
const mostBytes = 1_048_576

/**
 * The JSON of a 200 at `url`; null for every other answer that somebody gave; `silent` where nobody is there to answer. The server is a
 * tenant's: its answer is bounded in time and size, and no redirect of it is followed. Never throws.
 */
export async function askServer(url: string, signal: AbortSignal): Promise<unknown> {
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
    const response = await fetch(url, { signal: bounded, redirect: 'manual' })
    if (response.status !== 200) {
      await response.body?.cancel()
      return response.status >= 500 ? 'silent' : null
    }
    return parse(await readBounded(response))
  } catch {
    return 'silent'
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > mostBytes) return ''
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
