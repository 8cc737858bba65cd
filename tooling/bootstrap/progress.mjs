/** Progress on standard error: a living line with the elapsed time on a terminal, otherwise a line now and then. */
const terminal = process.stderr.isTTY === true
const quietMs = 1_000
const everyMs = terminal ? 500 : 15_000

export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`
}

/** Runs `work` and shows how long it takes as soon as that is more than a second. */
export async function step(title, work) {
  const startedAt = Date.now()
  const elapsed = () => Date.now() - startedAt
  const show = () =>
    process.stderr.write(
      terminal ? `\r\x1b[K  … ${title} ${seconds(elapsed())}` : `  … ${title} ${seconds(elapsed())}\n`,
    )
  let repeat
  const first = setTimeout(() => {
    show()
    repeat = setInterval(show, everyMs)
  }, quietMs)
  try {
    const result = await work()
    if (elapsed() >= quietMs) process.stderr.write(`${terminal ? '\r\x1b[K' : ''}  ✓ ${title} ${seconds(elapsed())}\n`)
    return result
  } catch (error) {
    if (terminal && elapsed() >= quietMs) process.stderr.write('\r\x1b[K')
    throw error
  } finally {
    clearTimeout(first)
    clearInterval(repeat)
  }
}
