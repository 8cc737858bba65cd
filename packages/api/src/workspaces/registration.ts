import { Registration } from '@keelson/contracts/workspaces'
import * as workspaces from '@keelson/core/workspaces'
import { procedure } from '../trpc.ts'

export const registration = procedure.output(Registration).query(({ ctx }) => workspaces.getRegistration(ctx.core))
