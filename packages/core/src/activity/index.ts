/** What happened in a workspace: the cluster's events, kept, and the audit trail. */
export { listActivity } from './list-activity.ts'
export { listEvents } from './list-events.ts'
export { eventRow, type KubeEvent, projectEvents } from './project-events.ts'
