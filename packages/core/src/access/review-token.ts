import { AppError } from '@keelson/process/app-error'
import type { IdentityResolver } from './identity.ts'
import { tokenPrefix } from './secrets.rules.ts'

export type TokenReviewAnswer =
  | { authenticated: true; username: string; uid: string; groups: string[] }
  | { authenticated: false; error: string }

/**
 * Answers the API server's question whose a bearer token is (authentication.k8s.io/v1 TokenReview). Only personal access
 * tokens are ours to know. One that is narrowed to a workspace is refused: the API server would let it act everywhere.
 */
export async function reviewToken(identities: IdentityResolver, token: string): Promise<TokenReviewAnswer> {
  if (!token.startsWith(tokenPrefix))
    return { authenticated: false, error: 'this is no personal access token of Keelson' }
  try {
    const { actor } = await identities.resolve({ kind: 'token', secret: token })
    if (actor.kind !== 'person') return { authenticated: false, error: 'this is no personal access token of Keelson' }
    if (actor.tokenWorkspace !== undefined) {
      return {
        authenticated: false,
        error: `this token is only for Keelson's own addresses of workspace ${actor.tokenWorkspace}; kubectl needs one that is not narrowed`,
      }
    }
    return { authenticated: true, username: actor.username, uid: actor.userId, groups: [...actor.groups] }
  } catch (error) {
    if (error instanceof AppError && error.code === 'unauthenticated')
      return { authenticated: false, error: error.message }
    throw error
  }
}
