import { AppError } from '@keelson/process/app-error'
import type { FrontRoute } from '../front/route.ts'

/** Wire formats that have an address and no implementation yet: said by name, never a wrong answer. */
export function unimplementedRoutes(): FrontRoute[] {
  return [refuse('feast', '/workspaces/:workspace/feast/*', 'The Feast API is not part of this release.')]
}

function refuse(name: string, pattern: string, message: string): FrontRoute {
  return {
    name,
    pattern,
    handle: async () => {
      throw new AppError('unimplemented', message)
    },
  }
}
