import { router } from '../trpc.ts'
import { closeFiles } from './close-files.ts'
import { createVolume } from './create-volume.ts'
import { deleteVolume } from './delete-volume.ts'
import { draftVolume } from './draft-volume.ts'
import { getChoices } from './get-choices.ts'
import { getFilesState } from './get-files-state.ts'
import { getVolume } from './get-volume.ts'
import { listVolumes } from './list-volumes.ts'
import { openFiles } from './open-files.ts'

export const volumesRouter = router({
  list: listVolumes,
  get: getVolume,
  choices: getChoices,
  draft: draftVolume,
  create: createVolume,
  delete: deleteVolume,
  openFiles,
  closeFiles,
  filesState: getFilesState,
})
