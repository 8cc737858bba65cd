import { router } from '../trpc.ts'
import { deleteEndpoint } from './delete-endpoint.ts'
import { deployVersion } from './deploy-version.ts'
import { getEndpoint } from './get-endpoint.ts'
import { listEndpoints } from './list-endpoints.ts'
import { testEndpoint } from './test-endpoint.ts'

export const endpointsRouter = router({
  list: listEndpoints,
  get: getEndpoint,
  deploy: deployVersion,
  delete: deleteEndpoint,
  test: testEndpoint,
})
