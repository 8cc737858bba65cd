import { router } from '../trpc.ts'
import { createObject } from './create-object.ts'
import { deleteObject } from './delete-object.ts'
import { getObject } from './get-object.ts'
import { getSchema } from './get-schema.ts'
import { listKinds } from './list-kinds.ts'
import { listObjects } from './list-objects.ts'
import { rebaseObject } from './rebase-object.ts'
import { updateObject } from './update-object.ts'
import { watchObjects } from './watch-objects.ts'

export const objectsRouter = router({
  kinds: listKinds,
  list: listObjects,
  get: getObject,
  schema: getSchema,
  create: createObject,
  update: updateObject,
  rebase: rebaseObject,
  delete: deleteObject,
  watch: watchObjects,
})
