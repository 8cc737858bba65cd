import type { Adapter, AdapterOptions } from '../front/route.ts'
import { dashboardRoutes } from './dashboard.ts'
import { jupyterRoutes } from './jupyter.ts'
import { kfamRoute } from './kfam.ts'
import { tensorboardsRoutes } from './tensorboards-app.ts'
import { volumesRoutes } from './volumes-app.ts'

/** What Kubeflow's own clients ask of a platform: the access management API, the central dashboard's addresses and those of its web apps. */
export function openKubeflow({ version }: AdapterOptions): Adapter {
  return {
    routes: [kfamRoute(), ...dashboardRoutes(version), ...jupyterRoutes(), ...volumesRoutes(), ...tensorboardsRoutes()],
    services: [],
  }
}
