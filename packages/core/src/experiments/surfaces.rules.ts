import type { SearchSurface } from './filter.rules.ts'

const text = { numeric: false, list: false } as const
const listed = { numeric: false, list: true } as const
const number = { numeric: true, list: false } as const

export const runSurface: SearchSurface = {
  entities: {
    metric: 'metric',
    metrics: 'metric',
    parameter: 'parameter',
    parameters: 'parameter',
    param: 'parameter',
    params: 'parameter',
    tag: 'tag',
    tags: 'tag',
    attribute: 'attribute',
    attributes: 'attribute',
    attr: 'attribute',
    run: 'attribute',
    dataset: 'dataset',
    datasets: 'dataset',
  },
  attributes: {
    run_id: listed,
    run_name: text,
    status: text,
    user_id: text,
    artifact_uri: text,
    start_time: number,
    end_time: number,
  },
  orderable: ['run_id', 'run_name', 'status', 'user_id', 'artifact_uri', 'start_time', 'end_time'],
  aliases: {
    created: 'start_time',
    Created: 'start_time',
    'run name': 'run_name',
    'Run name': 'run_name',
    'Run Name': 'run_name',
  },
  nullable: ['tag', 'parameter'],
}

const tagged = { attribute: 'attribute', tag: 'tag', tags: 'tag' } as const

export const experimentSurface: SearchSurface = {
  entities: tagged,
  attributes: {
    name: { ...text, comparators: ['=', '!=', 'LIKE', 'ILIKE'] },
    experiment_id: { ...listed, comparators: ['=', '!=', 'IN', 'NOT IN'] },
    creation_time: number,
    last_update_time: number,
  },
  orderable: ['name', 'experiment_id', 'creation_time', 'last_update_time'],
  nullable: ['tag'],
}

export const loggedModelSurface: SearchSurface = {
  entities: { attributes: 'attribute', attribute: 'attribute', metrics: 'metric', params: 'parameter', tags: 'tag' },
  attributes: {
    name: listed,
    model_id: listed,
    model_type: listed,
    status: listed,
    source_run_id: listed,
    creation_timestamp_ms: number,
    last_updated_timestamp_ms: number,
  },
  orderable: [
    'name',
    'model_id',
    'model_type',
    'status',
    'source_run_id',
    'creation_timestamp_ms',
    'last_updated_timestamp_ms',
  ],
  aliases: {
    creation_time: 'creation_timestamp_ms',
    creation_timestamp: 'creation_timestamp_ms',
    last_updated_timestamp: 'last_updated_timestamp_ms',
  },
}

export const registeredModelSurface: SearchSurface = {
  entities: tagged,
  attributes: { name: listed },
  orderable: ['name', 'timestamp', 'last_updated_timestamp'],
}

export const modelVersionSurface: SearchSurface = {
  entities: tagged,
  attributes: {
    name: listed,
    run_id: listed,
    source_path: { ...text, comparators: ['!=', '=', 'LIKE', 'ILIKE'] },
    version_number: number,
  },
  orderable: ['name', 'version_number', 'creation_timestamp', 'last_updated_timestamp'],
}
