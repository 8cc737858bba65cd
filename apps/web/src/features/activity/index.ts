/** What other features show of the activity. */
export { ActivityItems } from './activity-items.tsx'
export { ObjectActivity } from './object-activity.tsx'
