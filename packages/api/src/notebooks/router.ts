import { router } from '../trpc.ts'
import { cloneNotebook } from './clone-notebook.ts'
import { deleteNotebook } from './delete-notebook.ts'
import { draftNotebook } from './draft-notebook.ts'
import { followLogs } from './follow-logs.ts'
import { getNotebook } from './get-notebook.ts'
import { getSpawner } from './get-spawner.ts'
import { listNotebooks } from './list-notebooks.ts'
import { resizeNotebook } from './resize-notebook.ts'
import { restartNotebook } from './restart-notebook.ts'
import { setCulling } from './set-culling.ts'
import { spawnNotebook } from './spawn-notebook.ts'
import { startNotebook } from './start-notebook.ts'
import { stopNotebook } from './stop-notebook.ts'

export const notebooksRouter = router({
  list: listNotebooks,
  get: getNotebook,
  logs: followLogs,
  spawner: getSpawner,
  draft: draftNotebook,
  spawn: spawnNotebook,
  clone: cloneNotebook,
  start: startNotebook,
  stop: stopNotebook,
  restart: restartNotebook,
  resize: resizeNotebook,
  setCulling,
  delete: deleteNotebook,
})
