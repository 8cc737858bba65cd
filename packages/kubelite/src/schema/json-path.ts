/** The JSONPath of printer columns: `.spec.replicas`, `.status.conditions[?(@.type=="Ready")].status`, `['a.b']`, `[0]`, `[*]`. */

type Step = { key: string } | { index: number } | { all: true } | { field: string[]; equals: string }

const pattern =
  /\.([\w-]+(?:\\\.[\w-]+)*|\*)|\[(\d+)\]|\[\*\]|\['([^']+)'\]|\[\?\(@\.([\w.-]+)\s*==\s*["']([^"']*)["']\)\]/gy

function parse(path: string): Step[] {
  const text = path.startsWith('.') || path.startsWith('[') ? path : `.${path}`
  const steps: Step[] = []
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (match[1] === '*' || match[0] === '[*]') steps.push({ all: true })
    else if (match[1] !== undefined) steps.push({ key: match[1].replaceAll('\\.', '.') })
    else if (match[2] !== undefined) steps.push({ index: Number(match[2]) })
    else if (match[3] !== undefined) steps.push({ key: match[3] })
    else if (match[4] !== undefined) steps.push({ field: match[4].split('.'), equals: match[5] ?? '' })
  }
  return steps
}

const get = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined

/** All values at `path`; none when it leads nowhere. */
export function evaluateJsonPath(value: unknown, path: string): unknown[] {
  let found: unknown[] = [value]
  for (const step of parse(path)) {
    found = found
      .flatMap((item) => {
        if ('key' in step) return [get(item, step.key)]
        if ('index' in step) return [Array.isArray(item) ? item[step.index] : undefined]
        const items = Array.isArray(item) ? item : typeof item === 'object' && item !== null ? Object.values(item) : []
        if ('all' in step) return items
        return items.filter((inner) => String(step.field.reduce(get, inner)) === step.equals)
      })
      .filter((item) => item !== undefined)
  }
  return found
}

/** `duration.HumanDuration` between a time and now: 45s, 5m30s, 3h12m, 4d, 2y10d. */
export function age(time: string | undefined, now: Date): string {
  if (time === undefined) return '<unknown>'
  return humanDuration(now.getTime() - Date.parse(time))
}

export function humanDuration(ms: number): string {
  if (Number.isNaN(ms) || ms < -1000) return '<invalid>'
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  const days = Math.floor(hours / 24)
  const years = Math.floor(days / 365)
  const two = (whole: number, unit: string, part: number, partUnit: string) =>
    part === 0 ? `${whole}${unit}` : `${whole}${unit}${part}${partUnit}`
  if (seconds < 120) return `${seconds}s`
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  if (hours < 192) return two(days, 'd', hours % 24, 'h')
  if (days < 730) return `${days}d`
  if (years < 8) return two(years, 'y', days % 365, 'd')
  return `${years}y`
}
