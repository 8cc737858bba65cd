/**
 * The world that the golden cases speak of, made through the REST API itself, so that it is the same on MLflow's own server
 * and on ours. Names in `{{…}}` of a case are replaced by what is made here.
 */
export async function prepareWorld(call) {
  const made = async (method, path, body) => {
    const answer = await call(method, path, body)
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const exp = (await made('POST', 'experiments/create', { name: 'golden', tags: [{ key: 'kind', value: 'golden' }] }))
    .experiment_id
  const goneExp = (await made('POST', 'experiments/create', { name: 'golden-gone' })).experiment_id
  await made('POST', 'experiments/delete', { experiment_id: goneExp })
  const newRun = async (name) =>
    (await made('POST', 'runs/create', { experiment_id: exp, run_name: name, start_time: 5 })).run.info.run_id
  const run = await newRun('one')
  const goneRun = await newRun('two')
  await made('POST', 'runs/delete', { run_id: goneRun })
  await made('POST', 'runs/log-batch', {
    run_id: run,
    metrics: [{ key: 'acc', value: 0.5, timestamp: 1, step: 0 }],
    params: [{ key: 'p', value: '1' }],
    tags: [{ key: 't', value: 'v' }],
  })
  const model = (await made('POST', 'logged-models', { experiment_id: exp, name: 'lm' })).model.info.model_id
  await made('POST', 'registered-models/create', { name: 'rm' })
  await made('POST', 'model-versions/create', {
    name: 'rm',
    source: `mlflow-artifacts:/${exp}/${run}/artifacts/model`,
    run_id: run,
  })
  return { exp, goneExp, run, goneRun, model }
}

/** Replaces `{{name}}` everywhere in a value. */
export function fillIn(value, world) {
  return JSON.parse(JSON.stringify(value), (_, part) =>
    typeof part === 'string' ? part.replace(/\{\{(\w+)\}\}/g, (_all, name) => world[name]) : part,
  )
}

/** The other way round, for what is recorded. */
export function takeOut(text, world) {
  return Object.entries(world)
    .sort((a, b) => b[1].length - a[1].length)
    .filter(([, value]) => value.length > 8)
    .reduce((result, [name, value]) => result.replaceAll(value, `{{${name}}}`), text)
}

/** One call below `api/2.0/mlflow/`; `raw` sends the text as it is. */
export function caller(base, headers = {}) {
  return async (method, path, body, raw) => {
    const text = raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const response = await fetch(`${base}/api/2.0/mlflow/${path}`, {
      method,
      headers: { ...headers, ...(text === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(text === undefined ? {} : { body: text }),
    })
    const answer = await response.text()
    let parsed = null
    try {
      parsed = JSON.parse(answer)
    } catch {
      // Not JSON: only its status is compared.
    }
    return { status: response.status, body: parsed }
  }
}
