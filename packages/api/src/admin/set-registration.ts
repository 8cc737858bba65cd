import { RegistrationSettings } from '@keelson/contracts/workspaces'
import * as workspaces from '@keelson/core/workspaces'
import { procedure } from '../trpc.ts'

export const setRegistration = procedure
  .input(RegistrationSettings)
  .output(RegistrationSettings)
  .mutation(({ ctx, input }) => workspaces.setRegistration(ctx.core, input))
