/** Printer columns of the workloads that came after Deployment, ReplicaSet and Job. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { age } from '../schema/json-path.ts'
import { ageColumn, containers, field, images, list, nameColumn, number, selector, wide } from './cells.ts'
import { type Column, column } from './column.ts'

const jobContainers = (object: KubeObject) =>
  list(field(object, 'spec', 'jobTemplate', 'spec', 'template', 'spec', 'containers'))
const flag = (value: unknown) => (value === true ? 'True' : 'False')

function ownerName(object: KubeObject): string {
  const owner = object.metadata.ownerReferences?.find((each) => each.controller === true)
  if (owner === undefined) return '<none>'
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : ''
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`
}

export const workloadTables: Readonly<Record<string, readonly Column[]>> = {
  'apps/statefulsets': [
    nameColumn,
    column('Ready', (object) => `${number(object, 'status', 'readyReplicas')}/${number(object, 'spec', 'replicas')}`),
    ageColumn,
    containers,
    images,
  ],
  'apps/daemonsets': [
    nameColumn,
    column('Desired', (object) => number(object, 'status', 'desiredNumberScheduled'), 'integer'),
    column('Current', (object) => number(object, 'status', 'currentNumberScheduled'), 'integer'),
    column('Ready', (object) => number(object, 'status', 'numberReady'), 'integer'),
    column('Up-to-date', (object) => number(object, 'status', 'updatedNumberScheduled'), 'integer'),
    column('Available', (object) => number(object, 'status', 'numberAvailable'), 'integer'),
    column(
      'Node Selector',
      (object) =>
        Object.entries((field(object, 'spec', 'template', 'spec', 'nodeSelector') ?? {}) as Record<string, string>)
          .map(([key, value]) => `${key}=${value}`)
          .sort()
          .join(',') || '<none>',
    ),
    ageColumn,
    containers,
    images,
    selector,
  ],
  'apps/controllerrevisions': [
    nameColumn,
    column('Controller', ownerName),
    column('Revision', (object) => object.revision),
    ageColumn,
  ],
  'batch/cronjobs': [
    nameColumn,
    column('Schedule', (object) => field(object, 'spec', 'schedule')),
    column('Timezone', (object) => field(object, 'spec', 'timeZone') ?? '<none>'),
    column('Suspend', (object) => flag(field(object, 'spec', 'suspend')), 'boolean'),
    column('Active', (object) => list(field(object, 'status', 'active')).length, 'integer'),
    column('Last Schedule', (object, now) => {
      const last = field(object, 'status', 'lastScheduleTime')
      return typeof last === 'string' ? age(last, now) : '<none>'
    }),
    ageColumn,
    wide('Containers', (object) =>
      jobContainers(object)
        .map((item) => item.name)
        .join(','),
    ),
    wide('Images', (object) =>
      jobContainers(object)
        .map((item) => item.image)
        .join(','),
    ),
    wide('Selector', () => '<none>'),
  ],
}
