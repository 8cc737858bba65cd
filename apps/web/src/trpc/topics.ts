import type { LiveTopic } from '@keelson/contracts/live'
import type { QueryClient, QueryKey } from '@tanstack/react-query'

/**
 * Which queries a change of each topic makes stale: by router, or `router.procedure`. The one map that the live stream and
 * the mutations share.
 */
export const topicQueries: Readonly<Record<LiveTopic, readonly string[]>> = {
  workspaces: ['workspaces', 'access.me', 'access.check', 'admin.workspaces', 'objects', 'search'],
  objects: [
    'objects.list',
    'objects.get',
    'notebooks.list',
    'notebooks.get',
    'volumes.list',
    'volumes.get',
    'volumes.filesState',
    'tensorboards.list',
  ],
  jobs: ['jobs.list', 'jobs.get', 'jobs.curves', 'workspaces.use', 'admin.workloads'],
  logs: ['jobs.logs'],
  experiments: ['experiments'],
  runs: ['runs', 'experiments', 'artifacts', 'jobs.get', 'models.getVersion'],
  models: ['models', 'runs.get'],
  endpoints: ['endpoints', 'models.getVersion'],
  predictions: ['monitoring'],
  activity: ['activity', 'jobs.list', 'jobs.get'],
  lineage: ['lineage'],
  platform: ['platform.info', 'workspaces.registration', 'admin.requests', 'admin.audit'],
  sample: ['platform.sample'],
  access: ['access', 'workspaces', 'admin', 'search'],
}

/** tRPC's query key begins with its path: `[['jobs', 'list'], …]`. */
export function isTouched(key: QueryKey, topics: Iterable<LiveTopic>): boolean {
  const path = Array.isArray(key[0]) ? (key[0] as unknown[]).join('.') : ''
  for (const topic of topics) {
    if (topicQueries[topic].some((wanted) => path === wanted || path.startsWith(`${wanted}.`))) return true
  }
  return false
}

/** Asks anew what is on the screen, and marks the rest to be asked anew when next looked at. */
export function touch(client: QueryClient, topics: Iterable<LiveTopic>): Promise<void> {
  const wanted = [...topics]
  return client.invalidateQueries({ predicate: (query) => isTouched(query.queryKey, wanted) })
}
