import type { Adapter, AdapterOptions } from '../front/route.ts'
import { dashboardRoutes } from './dashboard.ts'
import { kfamRoute } from './kfam.ts'

/** What Kubeflow's own clients ask of a platform: the access management API and the central dashboard's addresses. */
export function openKubeflow({ version }: AdapterOptions): Adapter {
  return { routes: [kfamRoute(), ...dashboardRoutes(version)], services: [] }
}
