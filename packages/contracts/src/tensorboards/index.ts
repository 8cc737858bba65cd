/** TensorBoards as people see and make them. */
import { z } from 'zod'
import { Instant, WorkspaceName } from '../ids/index.ts'
import { StatusDetail } from '../status/index.ts'

/** Also the name of a Service, which begins with a letter, and of a Deployment, whose pods' names are longer. */
export const TensorboardName = z
  .string()
  .min(1)
  .max(50)
  .regex(
    /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
    'must be lower-case letters, digits and "-", begin with a letter and end with a letter or digit',
  )

export const TensorboardRow = z.object({
  uid: z.string(),
  workspace: WorkspaceName,
  name: z.string(),
  status: StatusDetail,
  logspath: z.string(),
  /** The volume that is read; null where the logs are elsewhere. */
  claim: z.string().nullable(),
  createdAt: Instant,
})
export type TensorboardRow = z.infer<typeof TensorboardRow>

export const ListTensorboards = z.object({ workspace: WorkspaceName })
export const GetTensorboard = z.object({ workspace: WorkspaceName, name: TensorboardName })
export type GetTensorboard = z.infer<typeof GetTensorboard>

export const CreateTensorboard = GetTensorboard.extend({
  /** `pvc://<claim>/<folder>`. */
  logspath: z.string().trim().min(1).max(1_000),
  /** Labels of PodDefaults that are wanted. */
  configurations: z.array(z.string().max(317)).max(50).default([]),
})
export type CreateTensorboard = z.infer<typeof CreateTensorboard>
