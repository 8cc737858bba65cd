/** The second half of the sample: the endpoint, its traffic, the labels that come later, and the lineage of it all. */
import { send } from './client.ts'
import { type Holdout, parseHoldout, v1Request, v2Request } from './holdout.ts'
import {
  again,
  endpointName,
  type Facts,
  modelName,
  need,
  type Sample,
  type Step,
  StepFailure,
  until,
} from './sample.ts'

const failedForGoodMs = 45_000

export const deploy: Step = {
  id: 'deploy',
  title: 'Endpoint',
  async run(sample, facts) {
    const name = endpointName
    const href = `/w/${sample.workspace}/endpoints/${name}`
    await again(sample, 'deploying', () =>
      sample.owner.endpoints.deploy.mutate({
        workspace: sample.workspace,
        endpoint: name,
        model: modelName,
        version: need(facts, 'version'),
      }),
    )
    let failedSince: number | null = null
    const { endpoint } = await until(sample, 'the endpoint becoming ready', 5 * 60_000, async () => {
      const now = await sample.owner.endpoints.get.query({ workspace: sample.workspace, name })
      sample.detail(now.endpoint.status.message ?? now.endpoint.status.status)
      // A server that could not reach the platform while it was restarting tries again by itself.
      failedSince = now.endpoint.status.status === 'failed' ? (failedSince ?? Date.now()) : null
      if (failedSince !== null && Date.now() - failedSince > failedForGoodMs)
        throw new StepFailure(now.failure?.message ?? now.endpoint.status.message ?? 'the endpoint failed', href)
      return now.endpoint.status.status === 'ready' && now.endpoint.url && now.endpoint.modelVersion === facts.version
        ? now
        : undefined
    })
    return {
      detail: `ready at ${endpoint.url}`,
      href,
      facts: { endpointUid: endpoint.uid, ...(endpoint.url ? { endpointUrl: endpoint.url } : {}) },
    }
  },
}

export const invoke: Step = {
  id: 'invoke',
  title: 'V1 and V2 with a token, neither without',
  async run(sample, facts) {
    const url = need(facts, 'endpointUrl')
    const holdout = await readHoldout(sample, facts)
    const datatypes = await readDatatypes(sample, url)
    const v1 = `${url}/v1/models/${modelName}:predict`
    const v2 = `${url}/v2/models/${modelName}/infer`
    const calls = [
      { what: 'V1 with a token', url: v1, body: v1Request(holdout, 0), token: sample.ownerToken, expected: 200 },
      {
        what: 'V2 with a token',
        url: v2,
        body: v2Request(holdout, 0, datatypes, 'sample-check'),
        token: sample.ownerToken,
        expected: 200,
      },
      { what: 'V1 without a token', url: v1, body: v1Request(holdout, 0), expected: 401 },
      { what: 'V2 without a token', url: v2, body: v2Request(holdout, 0, datatypes, 'sample-check'), expected: 401 },
    ]
    for (const { what, url: address, expected, ...call } of calls) {
      const requestId = `sample-check-${expected}-${what.slice(0, 2)}`
      const answer = await again(sample, what, () => send(address, { ...call, requestId, signal: sample.signal }))
      if (answer.status !== expected)
        throw new StepFailure(`${what} answered ${answer.status}, not ${expected}: ${answer.text.slice(0, 300)}`)
    }
    return {
      detail: 'V1 and V2 answered 200 with a token and 401 without one',
      href: `/w/${sample.workspace}/endpoints/${endpointName}`,
    }
  },
}

async function readHoldout(sample: Sample, facts: Facts): Promise<Holdout> {
  const query = new URLSearchParams({ run_id: need(facts, 'bestRun'), path: 'keelson/holdout.csv' })
  const url = `${sample.url}/workspaces/${sample.workspace}/mlflow/get-artifact?${query}`
  const answer = await again(sample, 'reading the held-out rows', () =>
    send(url, { token: sample.ownerToken, signal: sample.signal }),
  )
  if (answer.status !== 200)
    throw new StepFailure(`the held-out rows answered ${answer.status}: ${answer.text.slice(0, 300)}`)
  return parseHoldout(answer.text)
}

async function readDatatypes(sample: Sample, url: string): Promise<ReadonlyMap<string, string>> {
  const answer = await again(sample, 'reading the model metadata', () =>
    send(`${url}/v2/models/${modelName}`, { token: sample.ownerToken, signal: sample.signal }),
  )
  const { inputs = [] } = (answer.body ?? {}) as { inputs?: { name: string; datatype: string }[] }
  return new Map(inputs.map(({ name, datatype }) => [name, datatype]))
}

const senders = 8
const rounds = 5

export const sendHoldout: Step = {
  id: 'traffic',
  title: 'Predictions for the held-out customers',
  async run(sample, facts) {
    const url = need(facts, 'endpointUrl')
    const holdout = await readHoldout(sample, facts)
    const datatypes = await readDatatypes(sample, url)
    const total = holdout.rows.length
    const missing = async () => {
      const logged = await loggedIds(sample)
      return holdout.rows.map((_, row) => row).filter((row) => !logged.has(requestIdOf(facts, row)))
    }
    // The log is written a moment after the answer, and a gateway that is killed in that moment loses it: look, and send again.
    for (let round = 0; round < rounds; round += 1) {
      const rows = await again(sample, 'reading the prediction log', missing)
      if (rows.length === 0) break
      const send = async (): Promise<void> => {
        for (let row = rows.shift(); row !== undefined; row = rows.shift()) {
          await predict(sample, { url, holdout, datatypes, row, requestId: requestIdOf(facts, row) })
          if (rows.length % 50 === 0) sample.detail(`${total - rows.length} of ${total} customers`)
        }
      }
      await Promise.all(Array.from({ length: senders }, send))
      await until(sample, 'the prediction log', 5_000, async () =>
        (await missing()).length === 0 ? true : undefined,
      ).catch(ignoreSlowLog)
    }
    const left = (await again(sample, 'reading the prediction log', missing)).length
    if (left > 0) throw new StepFailure(`${left} of ${total} predictions are not in the log`)
    return {
      detail: `${total} customers sent, half by V1 and half by V2, each in the prediction log`,
      href: `/w/${sample.workspace}/endpoints/${endpointName}`,
    }
  },
}

function ignoreSlowLog(error: unknown): void {
  if (!(error instanceof StepFailure)) throw error
}

/** The request ids of every prediction of the endpoint that is in the log. */
async function loggedIds(sample: Sample): Promise<Set<string>> {
  const ids = new Set<string>()
  let cursor: string | undefined
  do {
    const page = await sample.owner.monitoring.listPredictions.query({
      workspace: sample.workspace,
      endpoint: endpointName,
      limit: 500,
      ...(cursor === undefined ? {} : { cursor }),
    })
    for (const { requestId } of page.items) ids.add(requestId)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return ids
}

/** The same row has the same id for the same endpoint, so that a row that is sent again is not logged twice. */
function requestIdOf(facts: Facts, row: number): string {
  return `telco-${need(facts, 'endpointUid').slice(0, 8)}-v${need(facts, 'version')}-${row}`
}

type RowCall = { url: string; holdout: Holdout; datatypes: ReadonlyMap<string, string>; row: number; requestId: string }

async function predict(sample: Sample, { url, holdout, datatypes, row, requestId }: RowCall): Promise<void> {
  const [path, body] =
    row % 2 === 0
      ? [`v1/models/${modelName}:predict`, v1Request(holdout, row)]
      : [`v2/models/${modelName}/infer`, v2Request(holdout, row, datatypes, requestId)]
  await until(sample, `the prediction of row ${row}`, 60_000, async () => {
    const answer = await send(`${url}/${path}`, { token: sample.ownerToken, body, requestId, signal: sample.signal })
    if (answer.status === 200) return true
    if (answer.status === 503 || answer.status === 502 || answer.status === 429) return undefined
    throw new StepFailure(`row ${row} answered ${answer.status}: ${answer.text.slice(0, 300)}`)
  })
}

const labelsAtOnce = 500

export const monitor: Step = {
  id: 'monitor',
  title: 'Labels, accuracy, latency, drift',
  async run(sample, facts) {
    const holdout = await readHoldout(sample, facts)
    const labels = holdout.labels.map((label, row) => ({ requestId: requestIdOf(facts, row), rowIndex: 0, label }))
    for (let start = 0; start < labels.length; start += labelsAtOnce) {
      const part = labels.slice(start, start + labelsAtOnce)
      await again(sample, 'sending the labels', () =>
        sample.owner.monitoring.submitLabels.mutate({
          workspace: sample.workspace,
          endpoint: endpointName,
          labels: part,
        }),
      )
      sample.detail(`${start + part.length} of ${labels.length} labels`)
    }
    const seen = await until(sample, 'the monitor', 60_000, async () => {
      const now = await sample.owner.monitoring.get.query({
        workspace: sample.workspace,
        endpoint: endpointName,
        sinceMs: 30 * 86_400_000,
      })
      return now.accuracy !== null && now.latency.p50Ms !== null && now.drift && now.labelled >= labels.length
        ? { ...now, drift: now.drift }
        : undefined
    })
    const drifted = seen.drift.features.filter((feature) => feature.drifted).length
    return {
      detail: `accuracy ${((seen.accuracy ?? 0) * 100).toFixed(1)} % over ${seen.labelled} labels, p50 ${seen.latency.p50Ms?.toFixed(1)} ms, ${drifted} of ${seen.drift.features.length} features drifted`,
      href: `/w/${sample.workspace}/endpoints/${endpointName}`,
    }
  },
}

const chain = ['dataset', 'job', 'run', 'model-version', 'endpoint', 'predictions'] as const

export const lineage: Step = {
  id: 'lineage',
  title: 'Lineage',
  async run(sample) {
    const graph = await again(sample, 'reading the lineage', () =>
      sample.owner.lineage.get.query({ workspace: sample.workspace }),
    )
    const missing = chain.filter((kind) => !graph.nodes.some((node) => node.kind === kind))
    if (missing.length > 0)
      throw new StepFailure(`the lineage graph lacks ${missing.join(', ')}`, `/w/${sample.workspace}/lineage`)
    return {
      detail: `${graph.nodes.length} things, ${graph.edges.length} links, from the data to the predictions`,
      href: `/w/${sample.workspace}/lineage`,
    }
  },
}
