import { router } from '../trpc.ts'
import { createTensorboard } from './create-tensorboard.ts'
import { deleteTensorboard } from './delete-tensorboard.ts'
import { listTensorboards } from './list-tensorboards.ts'

export const tensorboardsRouter = router({
  list: listTensorboards,
  create: createTensorboard,
  delete: deleteTensorboard,
})
