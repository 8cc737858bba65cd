import { z } from 'zod'

/**
 * What the live stream says: something of this topic changed in this workspace. It carries no data: the browser
 * invalidates the queries of the topic (one map in the web app) and asks again with its own rights.
 */
export const liveTopics = [
  'workspaces',
  'jobs',
  'logs',
  'experiments',
  'runs',
  'models',
  'endpoints',
  'predictions',
  'activity',
  'objects',
  'lineage',
  'platform',
  'sample',
  'access',
] as const
export const LiveTopic = z.enum(liveTopics)
export type LiveTopic = z.infer<typeof LiveTopic>

export const LiveChange = z.object({ workspace: z.string().nullable(), topic: LiveTopic, id: z.string().nullable() })
export type LiveChange = z.infer<typeof LiveChange>

/** The Postgres NOTIFY channel that carries {@link LiveChange} as JSON. */
export const liveChannel = 'keelson_live'
