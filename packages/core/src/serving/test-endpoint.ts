import type { TestAnswer, TestEndpoint } from '@keelson/contracts/serving'
import { AppError } from '@keelson/process/app-error'
import type { z } from 'zod'
import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'

/** Sends the test panel's request to the endpoint as the person, by the way of every other request: it is logged as one. */
export async function testEndpoint(ctx: Ctx, input: z.infer<typeof TestEndpoint>): Promise<z.infer<typeof TestAnswer>> {
  await allow(ctx, { verb: 'create', resource: 'endpoints/invoke', namespace: input.workspace })
  if (ctx.inference === undefined)
    throw new AppError('unimplemented', 'This process has no way to endpoints; ask the gateway.')
  return ctx.inference.send(ctx, input)
}
