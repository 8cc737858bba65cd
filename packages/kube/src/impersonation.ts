import { AppError } from '@keelson/process/app-error'
import type { KubeUser } from './api.ts'

/**
 * The headers that make the API server act as `user`. Names of Kubernetes' own (`system:`) are refused: acting as
 * `system:masters` or as a component is never what a person asked for. `system:authenticated` is added by the server.
 */
export function impersonationHeaders(user: KubeUser): Record<string, string | string[]> {
  const groups = user.groups.filter((group) => group !== 'system:authenticated')
  const reserved = [user.username, ...groups].find((name) => name.startsWith('system:'))
  if (reserved !== undefined) throw new AppError('forbidden', `Nobody may act as ${reserved}.`)
  if (user.username === '' || [user.username, ...groups].some((name) => /[\r\n]/.test(name))) {
    throw new AppError('forbidden', 'The user name or one of its groups is not a name.')
  }
  return {
    'impersonate-user': toHeader(user.username),
    ...(groups.length === 0 ? {} : { 'impersonate-group': groups.map(toHeader) }),
  }
}

/** Header values are bytes: UTF-8 is sent as such, which Go's server reads back as the same string. */
function toHeader(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1')
}
