import { AuditEvent, ListAudit } from '@keelson/contracts/access'
import * as access from '@keelson/core/access'
import { z } from 'zod'
import { procedure } from '../trpc.ts'

export const listAudit = procedure
  .input(ListAudit)
  .output(z.array(AuditEvent))
  .query(({ ctx, input }) => access.listAudit(ctx.core, input))
