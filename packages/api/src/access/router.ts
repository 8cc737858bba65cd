import { router } from '../trpc.ts'
import { checkAccess } from './check-access.ts'
import { createToken } from './create-token.ts'
import { listTokens } from './list-tokens.ts'
import { me } from './me.ts'
import { revokeToken } from './revoke-token.ts'

export const accessRouter = router({ me, check: checkAccess, listTokens, createToken, revokeToken })
