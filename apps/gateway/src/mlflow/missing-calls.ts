/**
 * Calls of MLflow 3.17.2 that Keelson does not have yet, by area: they answer 501 with their own name, so that nobody takes
 * silence for success. The list follows the real server's protobuf services and its extra routers
 * (`mlflow/server/handlers.py`, `server/__init__.py`, `*_api.py`); what is in neither list is not MLflow's: 404.
 */
const areas: Readonly<Record<string, string>> = {
  'presigned and multipart artifacts': 'artifacts/presigned-upload-url artifacts/presigned-download-url',
  traces:
    'traces traces/search traces/get traces/batchGet traces/batchGetInfos traces/link-to-run traces/link-prompts traces/delete-traces traces/calculate-filter-correlation traces/metrics traces/* traces/*/info traces/*/tags traces/*/assessments traces/*/assessments/* unified-traces get-online-trace-details get-trace-artifact',
  issues: 'issues issues/search issues/invoke issues/*',
  'label schemas':
    'label-schemas/create label-schemas/get label-schemas/get-by-name label-schemas/list label-schemas/update label-schemas/delete',
  'evaluation data sets':
    'datasets/create datasets/search datasets/* datasets/*/tags datasets/*/tags/* datasets/*/records datasets/*/experiment-ids datasets/*/add-experiments datasets/*/remove-experiments',
  scorers:
    'scorers/register scorers/list scorers/versions scorers/get scorers/delete scorers/online-configs scorers/online-config genai/evaluate/invoke',
  'AI gateway':
    'gateway-proxy gateway/secrets/create gateway/secrets/get gateway/secrets/update gateway/secrets/delete gateway/secrets/list gateway/secrets/config gateway/endpoints/create gateway/endpoints/get gateway/endpoints/update gateway/endpoints/delete gateway/endpoints/list gateway/endpoints/set-tag gateway/endpoints/delete-tag gateway/endpoints/models/attach gateway/endpoints/models/detach gateway/endpoints/bindings/create gateway/endpoints/bindings/delete gateway/endpoints/bindings/list gateway/model-definitions/create gateway/model-definitions/get gateway/model-definitions/list gateway/model-definitions/update gateway/model-definitions/delete gateway/budgets/create gateway/budgets/get gateway/budgets/update gateway/budgets/delete gateway/budgets/list gateway/budgets/windows gateway/guardrails/create gateway/guardrails/get gateway/guardrails/delete gateway/guardrails/list gateway/guardrails/add-to-endpoint gateway/guardrails/remove-from-endpoint gateway/guardrails/list-for-endpoint gateway/guardrails/update-config gateway/supported-providers gateway/supported-models gateway/provider-config',
  'prompt optimisation':
    'prompt-optimization/jobs prompt-optimization/jobs/search prompt-optimization/jobs/* prompt-optimization/jobs/*/cancel runs/create-promptlab-run',
  'review queues':
    'review-queues/create review-queues/get-or-create-user review-queues/get review-queues/get-by-name review-queues/list review-queues/update review-queues/delete review-queues/items/add review-queues/items/remove review-queues/items/list review-queues/items/set-status',
  webhooks: 'webhooks webhooks/* webhooks/*/test',
  jobs: 'jobs jobs/search jobs/* jobs/cancel/*',
  'MCP servers': 'mcp-servers mcp-servers/**',
  'users and roles': 'users/** roles/** permissions/** experiments/permissions/** registered-models/permissions/**',
  assistant: 'assistant/**',
  'demonstration data': 'demo/**',
  'telemetry of the UI': 'ui-telemetry',
}

/** Paths below the root of the MLflow address, not below `api/…/mlflow/`. */
const rootAreas: Readonly<Record<string, string>> = {
  'multipart uploads': 'api/2.0/mlflow-artifacts/mpu/** ajax-api/2.0/mlflow-artifacts/mpu/**',
  'presigned downloads': 'api/2.0/mlflow-artifacts/presigned/** ajax-api/2.0/mlflow-artifacts/presigned/**',
  'OpenTelemetry traces': 'v1/traces v1/metrics',
  GraphQL: 'graphql',
  'AI gateway': 'gateway/**',
  'the user interface of MLflow (the dashboard has its own)': 'static-files/** signup',
}

type Pattern = { area: string; test: RegExp }

function compile(source: Readonly<Record<string, string>>): Pattern[] {
  return Object.entries(source).flatMap(([area, paths]) =>
    paths.split(' ').map((path) => {
      const body = path
        .split('/')
        .map((part) => (part === '**' ? '.*' : part === '*' ? '[^/]+' : part.replace(/[.]/g, '\\.')))
        .join('/')
      return { area, test: new RegExp(`^${body.replace(/\/\.\*$/, '(/.*)?')}$`) }
    }),
  )
}

const callPatterns = compile(areas)
const rootPatterns = compile(rootAreas)

/** The area of a call below `mlflow/` that exists upstream and not here; null when upstream has none either. */
export function missingCall(path: string): string | null {
  return callPatterns.find(({ test }) => test.test(path))?.area ?? null
}

export function missingRootPath(path: string): string | null {
  return rootPatterns.find(({ test }) => test.test(path))?.area ?? null
}
