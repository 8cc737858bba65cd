import { router } from '../trpc.ts'
import { decideTransition } from './decide-transition.ts'
import { getModel } from './get-model.ts'
import { getVersion } from './get-version.ts'
import { listModels } from './list-models.ts'
import { requestTransition } from './request-transition.ts'
import { setGate } from './set-gate.ts'

export const modelsRouter = router({
  list: listModels,
  get: getModel,
  getVersion,
  setGate,
  requestTransition,
  decideTransition,
})
