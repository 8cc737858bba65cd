/** Numbers and times as every screen tells them: units, significant digits, one way each. Pure. */

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** `1536` → `1.5 kB` (decimal units, as disks are sold). */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 ? value : trimZeros(value.toFixed(1))} ${units[unit]}`
}

/** `0.8421937` → `0.8422`, `12345.6` → `12,346`, `0.0000123` → `1.23e-5`. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞'
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size < 1e-4 || size >= 1e9)
    return value
      .toExponential(2)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e')
  if (Number.isInteger(value) || size >= 10_000) return Math.round(value).toLocaleString('en-US')
  return trimZeros(value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 4))
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

/** `0.1234` → `12.3 %`. */
export function formatShare(share: number): string {
  return `${trimZeros((share * 100).toFixed(1))} %`
}

/** A span of time: `840 ms`, `12.4 s`, `3 m 20 s`, `2 h 5 m`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 10) return `${trimZeros(ms.toFixed(2))} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  const seconds = ms / 1000
  if (seconds < 60) return `${trimZeros(seconds.toFixed(1))} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${whole % 60} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} m`
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`
}

/** How far `then` lies from `now`: `just now`, `3 s ago`, `5 min ago`, `2 h ago`, `in 4 d`. Both in ms since 1970. */
export function formatRelative(then: number, now: number): string {
  const seconds = Math.round((now - then) / 1000)
  const size = Math.abs(seconds)
  if (size < 2) return 'just now'
  const text =
    size < 60
      ? `${size} s`
      : size < 3600
        ? `${Math.floor(size / 60)} min`
        : size < 86_400
          ? `${Math.floor(size / 3600)} h`
          : `${Math.floor(size / 86_400)} d`
  return seconds > 0 ? `${text} ago` : `in ${text}`
}

/** `2026-05-03 14:07:09` in the reader's zone. */
export function formatAbsolute(at: string | number | Date): string {
  const date = new Date(at)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** `1 run`, `3 runs`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`
}

const controls =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these control characters are what is looked for (ECMA-48 §5.4)
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[\u0000-\u0008\u000b-\u001f\u007f]/g

/** Control sequences of terminals (colours, cursor moves, titles) and other control characters, out of a log line. */
export function stripAnsi(text: string): string {
  return text.replace(controls, '')
}
