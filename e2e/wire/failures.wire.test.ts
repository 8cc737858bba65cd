/** What a person sees when their own work goes wrong: the real reason on the object itself, and a 4xx that names the field. */
import { randomBytes } from 'node:crypto'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findKubectl, kubectl } from '../support/kubectl.ts'
import { people, platformHome, platformStatus, tokenOf } from '../support/platform.ts'

const binary = findKubectl()
const available = platformHome !== undefined && binary !== null
const tag = randomBytes(3).toString('hex')
const patience = { timeoutMs: 60_000 }

const customer = {
  ...{ tenure: 5, monthly_charges: 70.5, total_charges: 350, female: 1, senior_citizen: 0, partner: 0, dependents: 0 },
  ...{ phone_service: 1, paperless_billing: 1, multiple_lines: 'No', internet_service: 'DSL', online_security: 'No' },
  ...{ online_backup: 'Yes', device_protection: 'No', tech_support: 'No', streaming_tv: 'No', streaming_movies: 'No' },
  ...{ contract: 'Month-to-month', payment_method: 'Electronic check' },
}

type Detail = { status: { status: string; reason: string | null; message: string | null }; name: string; uid: string }

describe.skipIf(!available)('work that goes wrong', () => {
  let platform: Awaited<ReturnType<typeof platformStatus>>
  let token = ''
  const made: string[] = []

  const run = (args: string[], input = '') =>
    kubectl(
      { binary: binary ?? '', kubeconfig: platform.kubeconfig, context: people.scientist, input },
      '-n',
      'telco',
      ...args,
    )
  const apply = async (object: { kind: string; metadata: { name: string } } & Record<string, unknown>) => {
    expect(await run(['apply', '-f', '-'], JSON.stringify(object))).toMatchObject({ code: 0 })
    made.push(`${object.kind.toLowerCase()}/${object.metadata.name}`)
  }
  const job = (name: string, command: string[], extra: { volumes?: unknown; volumeMounts?: unknown } = {}) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `${name}-${tag}` },
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          restartPolicy: 'Never',
          ...(extra.volumes ? { volumes: extra.volumes } : {}),
          containers: [
            {
              name: 'main',
              image: 'keelson/telco-churn:1',
              command,
              envFrom: [{ configMapRef: { name: 'keelson' } }],
              terminationMessagePolicy: 'FallbackToLogsOnError',
              ...(extra.volumeMounts ? { volumeMounts: extra.volumeMounts } : {}),
            },
          ],
        },
      },
    },
  })
  const ask = async (procedure: string, input: unknown) => {
    const query = new URLSearchParams({ input: JSON.stringify({ json: input }) })
    const answer = await fetch(`${platform.url}/api/trpc/${procedure}?${query}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    return ((await answer.json()) as { result: { data: { json: unknown } } }).result.data.json
  }
  const jobNamed = async (name: string) => {
    const { items } = (await ask('jobs.list', { workspace: 'telco', limit: 200 })) as { items: Detail[] }
    return items.find((each) => each.name === `${name}-${tag}`)
  }

  beforeAll(async () => {
    platform = await platformStatus()
    token = await tokenOf('scientist', 'telco')
  })
  afterAll(async () => {
    for (const object of made) await run(['delete', object, '--ignore-not-found'])
  })

  test('a bad table: the job tells the line and the column', async () => {
    const csv = 'customer_id,churn,tenure,monthly_charges,total_charges\n1,Maybe,1,2,3\n'
    await apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `bad-table-${tag}` },
      data: { 'table.csv': csv },
    })
    const volumes = [{ name: 'data', configMap: { name: `bad-table-${tag}` } }]
    const volumeMounts = [{ name: 'data', mountPath: '/mnt/data' }]
    await apply(job('bad-table', ['python', 'train.py', '--data', '/mnt/data/table.csv'], { volumes, volumeMounts }))
    await eventually(
      async () =>
        expect((await jobNamed('bad-table'))?.status).toMatchObject({
          status: 'failed',
          reason: 'BackoffLimitExceeded',
          message: expect.stringContaining('The data cannot be used: table.csv lacks the columns female'),
        }),
      patience,
    )
  })

  test('a script that exits with 1: the job tells the code and the last lines, and its log stays', async () => {
    await apply(job('exits', ['python', '-c', 'import sys; print("so far so good"); sys.exit("no column tenure")']))
    await eventually(async () => {
      const failed = await jobNamed('exits')
      expect(failed?.status).toMatchObject({ status: 'failed', message: expect.stringContaining('no column tenure') })
      expect(failed?.status.message).toContain('exited with code 1')
    }, patience)
    const uid = (await jobNamed('exits'))?.uid
    await run(['delete', 'job', `exits-${tag}`])
    const { lines } = (await ask('jobs.logs', { workspace: 'telco', uid })) as { lines: { text: string }[] }
    expect(lines.map(({ text }) => text)).toEqual(expect.arrayContaining(['so far so good', 'no column tenure']))
  })

  test('a model that cannot be loaded: the endpoint tells why, with the end of the log', async () => {
    await apply({
      apiVersion: 'serving.kserve.io/v1beta1',
      kind: 'InferenceService',
      metadata: { name: `nomodel-${tag}` },
      spec: { predictor: { model: { modelFormat: { name: 'sklearn' }, storageUri: 'models:/no-such-model/7' } } },
    })
    await eventually(async () => {
      const detail = (await ask('endpoints.get', { workspace: 'telco', name: `nomodel-${tag}` })) as {
        endpoint: Detail
        failure: { reason: string; message: string; logTail: string | null } | null
      }
      expect(detail.endpoint.status).toMatchObject({ status: 'failed', reason: 'ModelLoadFailed' })
      expect(detail.failure?.message).toContain('no-such-model')
      expect(detail.failure?.logTail).toBeTruthy()
    }, patience)
  })

  test.for([
    { what: 'a column too few', body: { instances: [{ tenure: 1 }] }, names: 'monthly_charges' },
    { what: 'text for a number', body: { instances: [{ ...customer, tenure: 'long' }] }, names: 'tenure' },
    { what: 'no instances', body: { rows: [] }, names: 'instances' },
    { what: 'an unknown column', body: { instances: [{ ...customer, shoe_size: 44 }] }, names: 'shoe_size' },
  ])('a request with $what is a 400 that names it', async ({ body, names }) => {
    const answer = await fetch(`${platform.workspaces.telco?.inference}/churn/v1/models/churn:predict`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(answer.status).toBe(400)
    expect(((await answer.json()) as { error: string }).error).toContain(names)
  })

  test('an unknown field of a job is refused by its name', async () => {
    const answer = await run(
      ['apply', '-f', '-', '--validate=strict'],
      JSON.stringify({ ...job('strict', ['true']), spec: { template: {}, backofLimit: 1 } }),
    )
    expect(answer.code).not.toBe(0)
    expect(answer.stderr).toContain('backofLimit')
  })
})
