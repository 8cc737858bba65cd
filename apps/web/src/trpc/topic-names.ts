import type { LiveTopic } from '@keelson/contracts/live'
import { topicQueries } from './topics.ts'

/** All topics, without loading the schemas they are defined with. */
export const liveTopicNames = Object.keys(topicQueries) as LiveTopic[]
