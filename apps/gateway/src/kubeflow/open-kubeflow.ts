import type { Adapter, AdapterOptions } from '../front/route.ts'
import { dashboardRoutes } from './dashboard.ts'
import { jupyterRoutes } from './jupyter.ts'
import { kfamRoute } from './kfam.ts'

/** What Kubeflow's own clients ask of a platform: the access management API, the central dashboard's addresses and the Jupyter web app's. */
export function openKubeflow({ version }: AdapterOptions): Adapter {
  return { routes: [kfamRoute(), ...dashboardRoutes(version), ...jupyterRoutes()], services: [] }
}
