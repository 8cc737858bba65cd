/** TensorBoards: training curves from the event files on a volume. Knows the Tensorboard resource; must not know HTTP. */
export { createTensorboard, deleteTensorboard, listTensorboards, readTensorboards } from './manage-tensorboards.ts'
export {
  claimOfTensorboard,
  desiredTensorboard,
  tensorboardFault,
  tensorboardImage,
  tensorboardLabel,
  tensorboardStatus,
  toTensorboard,
} from './tensorboard.rules.ts'
