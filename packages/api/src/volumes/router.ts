import { router } from '../trpc.ts'
import { createVolume } from './create-volume.ts'
import { deleteVolume } from './delete-volume.ts'
import { draftVolume } from './draft-volume.ts'
import { getChoices } from './get-choices.ts'
import { getVolume } from './get-volume.ts'
import { listVolumes } from './list-volumes.ts'

export const volumesRouter = router({
  list: listVolumes,
  get: getVolume,
  choices: getChoices,
  draft: draftVolume,
  create: createVolume,
  delete: deleteVolume,
})
