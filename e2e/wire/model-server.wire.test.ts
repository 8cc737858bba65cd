/** The model server by itself, in the real Python environment, with models that are made here by scikit-learn and mlflow. */
import { mkdtempSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ModelServer, mlPython, runPython, startModelServer } from '../support/model-server.ts'

const makeModels = `
import sys, joblib, os, mlflow, mlflow.pyfunc, numpy as np, pandas as pd
from mlflow.models import infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder
root = sys.argv[1]
x = pd.DataFrame({"age": [20.0, 30.0, 40.0, 50.0] * 10, "visits": [1, 2, 3, 4] * 10, "plan": ["a", "b", "a", "b"] * 10})
y = pd.Series([0, 0, 1, 1] * 10)
prepare = ColumnTransformer([("plan", OneHotEncoder(handle_unknown="ignore"), ["plan"])], remainder="passthrough")
model = Pipeline([("prepare", prepare), ("model", LogisticRegression(max_iter=1000))]).fit(x, y)
mlflow.sklearn.save_model(model, f"{root}/columns", signature=infer_signature(x, model.predict(x)), serialization_format="cloudpickle", pip_requirements=[])
os.makedirs(f"{root}/rows"); joblib.dump(LogisticRegression().fit(x[["age", "visits"]].to_numpy(), y), f"{root}/rows/model.joblib")
os.makedirs(f"{root}/two"); [joblib.dump(1, f"{root}/two/{n}.joblib") for n in "ab"]
os.makedirs(f"{root}/broken"); open(f"{root}/broken/model.pkl", "wb").write(b"not a pickle")
class Twice(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None): return model_input["age"] * 2
mlflow.pyfunc.save_model(f"{root}/pyfunc", python_model=Twice(), signature=infer_signature(x[["age"]], x["age"]), pip_requirements=[])
`

let python = ''
let root = ''

beforeAll(async () => {
  python = await mlPython()
  root = mkdtempSync(join(tmpdir(), 'keelson-models-'))
  await runPython(python, makeModels, root)
})

type Answered = { status: number; body: Record<string, unknown> }

async function ask(url: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answered> {
  const sent =
    body === undefined ? {} : { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }
  const response = await fetch(url, { ...sent, headers })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const ready = (server: ModelServer) =>
  eventually(async () => (await ask(`${server.url}/v2/health/ready`)).status === 200, { timeoutMs: 60_000 })

describe('a model with named columns', () => {
  let server: ModelServer
  const row = { age: 45, visits: 3, plan: 'a' }
  const tensors = [
    { name: 'age', shape: [2], datatype: 'FP64', data: [45, 20] },
    { name: 'visits', shape: [2, 1], datatype: 'INT64', data: [[3], [1]] },
    { name: 'plan', shape: [2], datatype: 'BYTES', data: ['a', 'zzz'] },
  ]
  const v1 = (body: unknown) => ask(`${server.url}/v1/models/churn:predict`, body)
  const v2 = (body: unknown, headers?: Record<string, string>) =>
    ask(`${server.url}/v2/models/churn/infer`, body, headers)
  const withTensor = (name: string, change: object) => ({
    inputs: tensors.map((tensor) => (tensor.name === name ? { ...tensor, ...change } : tensor)),
  })

  beforeAll(async () => {
    server = await startModelServer(python, 'churn', join(root, 'columns'))
    expect((await ask(`${server.url}/v2/health/live`)).body).toEqual({ live: true })
    await ready(server)
  })
  afterAll(() => server.stop())

  test('says what it is', async () => {
    expect((await ask(`${server.url}/`)).body).toEqual({ status: 'alive' })
    expect((await ask(`${server.url}/v1/models`)).body).toEqual({ models: ['churn'] })
    expect((await ask(`${server.url}/v1/models/churn`)).body).toEqual({ name: 'churn', ready: true })
    expect((await ask(`${server.url}/v2`)).body).toMatchObject({ name: 'keelson-server', extensions: [] })
    expect((await ask(`${server.url}/v2/models/churn/ready`)).body).toEqual({ name: 'churn', ready: true })
    expect((await ask(`${server.url}/v2/models/churn`)).body).toMatchObject({
      platform: 'sklearn',
      inputs: [
        { name: 'age', datatype: 'FP64', shape: [-1, 1] },
        { name: 'visits', datatype: 'INT64', shape: [-1, 1] },
        { name: 'plan', datatype: 'BYTES', shape: [-1, 1] },
      ],
      outputs: [
        { name: 'predict', datatype: 'INT64' },
        { name: 'predict_proba', shape: [-1, 2], parameters: { classes: ['0', '1'] } },
      ],
    })
  })

  test('V1 takes objects by column and lists in column order, and gives labels', async () => {
    expect(await v1({ instances: [row, { ...row, age: 20, visits: 1 }] })).toEqual({
      status: 200,
      body: { predictions: [1, 0] },
    })
    expect(await v1({ instances: [[45, 3, 'a']] })).toEqual({ status: 200, body: { predictions: [1] } })
    expect(await v1({ inputs: [[45, 3, 'a']] })).toEqual({ status: 200, body: { predictions: [1] } })
    const probabilities = await v1({ instances: [row], parameters: { predict_proba: true } })
    expect(probabilities.body).toMatchObject({
      predictions: [1],
      probabilities: [[expect.any(Number), expect.any(Number)]],
    })
  })

  test('V2 takes a tensor per column, echoes the id and gives all outputs or the asked ones', async () => {
    const all = await v2({ id: 'q1', inputs: tensors })
    expect(all.body).toMatchObject({
      model_name: 'churn',
      id: 'q1',
      outputs: [
        { name: 'predict', shape: [2], datatype: 'INT64', data: [1, 0] },
        { name: 'predict_proba', shape: [2, 2] },
      ],
    })
    const one = await v2(
      { inputs: tensors, outputs: [{ name: 'predict_proba' }] },
      { 'x-request-id': 'from-the-gateway' },
    )
    expect(one.body).toMatchObject({ id: 'from-the-gateway', outputs: [{ name: 'predict_proba', datatype: 'FP64' }] })
    expect((one.body.outputs as unknown[]).length).toBe(1)
  })

  test.each([
    ['bad JSON', '{"instances": [', 400, 'not JSON'],
    ['NaN', '{"instances": [[NaN, 1, "a"]]}', 400, 'NaN'],
    ['no object', '[1]', 400, 'JSON object'],
    ['no instances', {}, 400, 'instances is missing'],
    ['instances not a list', { instances: 5 }, 400, 'instances must be a list'],
    ['no rows', { instances: [] }, 400, 'instances is empty'],
    ['narrow', { instances: [[1, 2]] }, 400, 'instances[0] has 2 values; the model takes 3'],
    ['wide', { instances: [[1, 2, 'a', 4]] }, 400, 'takes 3'],
    ['missing column', { instances: [{ age: 1, visits: 1 }] }, 400, "lacks the column 'plan'"],
    ['unknown column', { instances: [{ ...row, Plan: 'a' }] }, 400, "unknown column 'Plan'"],
    [
      'text for a number',
      { instances: [row, { ...row, age: 'old' }] },
      400,
      "instances[1]: column 'age' must be a number, not 'old'",
    ],
    ['fraction for a whole number', { instances: [{ ...row, visits: 1.5 }] }, 400, "column 'visits'"],
    ['null for a whole number', { instances: [{ ...row, visits: null }] }, 400, "column 'visits' must be"],
    ['boolean for a number', { instances: [{ ...row, age: true }] }, 400, "column 'age'"],
    ['number for a string', { instances: [{ ...row, plan: 3 }] }, 400, "column 'plan' must be a string"],
    ['nested value', { instances: [{ ...row, age: [1] }] }, 400, "column 'age'"],
    ['huge whole number', { instances: [{ ...row, visits: 1e30 }] }, 400, "column 'visits'"],
    ['mixed rows', { instances: [row, [1, 2, 'a']] }, 400, 'instances[1] must be an object'],
    ['deep nesting', `{"instances": ${'['.repeat(200_000)}`, 400, 'not JSON'],
  ])('V1 refuses: %s', async (_, body, status, message) => {
    const answer = await v1(body)
    expect(answer).toMatchObject({ status, body: { error: expect.stringContaining(message) } })
    expect(JSON.stringify(answer.body)).not.toContain('Traceback')
  })

  test.each([
    ['bad JSON', '{', 400, 'not JSON'],
    ['no inputs', {}, 400, 'inputs is missing'],
    ['empty inputs', { inputs: [] }, 400, 'inputs must be a list'],
    ['missing tensor', { inputs: tensors.slice(1) }, 400, "lacks the tensor 'age'"],
    [
      'unknown tensor',
      { inputs: [...tensors, { name: 'x', shape: [2], datatype: 'FP64', data: [1, 2] }] },
      400,
      "unknown tensor 'x'",
    ],
    ['tensor twice', { inputs: [...tensors, tensors[0]] }, 400, "'age' more than once"],
    ['unknown datatype', withTensor('age', { datatype: 'FLOAT' }), 400, 'inputs[0].datatype'],
    [
      'wrong datatype',
      withTensor('visits', { datatype: 'FP64', data: [1, 2], shape: [2] }),
      400,
      "inputs 'visits': datatype FP64",
    ],
    ['text in a number tensor', withTensor('age', { data: [1, 'x'] }), 400, 'inputs[0].data[1]'],
    ['fewer data than the shape', withTensor('age', { data: [1] }), 400, 'needs 2'],
    ['shape of three dimensions', withTensor('age', { shape: [2, 1, 1] }), 400, "inputs 'age': shape"],
    ['other number of rows', withTensor('plan', { shape: [1], data: ['a'] }), 400, 'another number of rows'],
    ['ragged', withTensor('visits', { data: [[3], [1, 2]] }), 400, 'inputs[1].data'],
    ['negative shape', withTensor('age', { shape: [-1] }), 400, 'inputs[0].shape'],
    ['unknown output', { inputs: tensors, outputs: [{ name: 'nope' }] }, 400, 'outputs[0].name'],
    ['id not a string', { id: 7, inputs: tensors }, 400, 'id must be a string'],
    ['binary output', { inputs: tensors, parameters: { binary_data_output: true } }, 501, 'binary'],
  ])('V2 refuses: %s', async (_, body, status, message) => {
    expect(await v2(body)).toMatchObject({ status, body: { error: expect.stringContaining(message) } })
  })

  test.each([
    ['/v1/models/nope:predict', {}, 404, 'nope does not exist'],
    ['/v2/models/nope/infer', {}, 404, 'nope does not exist'],
    ['/v2/models/churn/versions/9/infer', {}, 404, 'version 9'],
    ['/v1/models/churn:explain', {}, 501, 'no explainer'],
    ['/v2/repository/index', {}, 501, 'repository'],
    ['/nothing', undefined, 404, '/nothing'],
    ['/v1/models/churn:predict', undefined, 405, 'POST'],
  ])('%s with %j answers %i', async (path, body, status, message) => {
    expect(await ask(`${server.url}${path}`, body)).toMatchObject({
      status,
      body: { error: expect.stringContaining(message) },
    })
  })

  test('refuses the binary extension by name', async () => {
    const answer = await v2({ inputs: tensors }, { 'inference-header-content-length': '10' })
    expect(answer).toMatchObject({
      status: 501,
      body: { error: expect.stringContaining('binary tensor data extension') },
    })
  })

  test('survives garbage and half requests, and keeps other connections', async () => {
    for (const bytes of [
      '\x00\x01\x02\r\n\r\n',
      'GET / HTTP/9\r\n\r\n',
      'POST /v1/models/churn:predict HTTP/1.1\r\ncontent-length: -1\r\n\r\n',
      'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    ]) {
      expect(await raw(server.url, bytes)).toMatch(/^HTTP\/1\.1 400 /)
    }
    expect(
      await raw(server.url, 'POST /v1/models/churn:predict HTTP/1.1\r\ncontent-length: 999999999999\r\n\r\n'),
    ).toMatch(/^HTTP\/1\.1 413 /)
    await raw(server.url, 'POST /v1/models/churn:predict HTTP/1.1\r\ncontent-length: 10\r\n\r\n{}', { end: true })
    expect((await v1({ instances: [row] })).status).toBe(200)
  })

  test('answers many callers at once, each with its own rows', async () => {
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, i) =>
        v2({
          id: `id-${i}`,
          inputs: withTensor('age', { data: [i % 2 ? 20 : 60, 20] }).inputs,
          outputs: [{ name: 'predict' }],
        }),
      ),
    )
    for (const [i, answer] of answers.entries())
      expect(answer.body).toMatchObject({ id: `id-${i}`, outputs: [{ data: [i % 2 ? expect.any(Number) : 1, 0] }] })
  })
})

/** Sends bytes as they are and gives what came back. */
function raw(url: string, bytes: string, options: { end?: boolean } = {}): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.write(bytes)
      if (options.end) socket.destroy()
    })
    socket.on('data', (part) => {
      text += part.toString()
      socket.destroy()
    })
    socket.on('error', () => resolve(text))
    socket.on('close', () => resolve(text))
  })
}

test('a pickled estimator takes rows of its width', async () => {
  const server = await startModelServer(python, 'rows', join(root, 'rows'))
  await ready(server)
  expect((await ask(`${server.url}/v2/models/rows`)).body).toMatchObject({
    inputs: [{ name: 'input-0', datatype: 'FP64', shape: [-1, 2] }],
  })
  expect((await ask(`${server.url}/v1/models/rows:predict`, { instances: [[60, 4]] })).body).toEqual({
    predictions: [1],
  })
  const matrix = { inputs: [{ name: 'input-0', shape: [2, 2], datatype: 'FP32', data: [60, 4, 20, 1] }] }
  expect((await ask(`${server.url}/v2/models/rows/infer`, matrix)).body).toMatchObject({
    outputs: [{ data: [1, 0] }, {}],
  })
  expect(await ask(`${server.url}/v1/models/rows:predict`, { instances: [{ a: 1 }] })).toMatchObject({ status: 400 })
  expect(await ask(`${server.url}/v1/models/rows:predict`, { instances: [[null, 1]] })).toMatchObject({
    status: 400,
    body: { error: expect.stringContaining('NaN') },
  })
  expect(await server.stop()).toBe(0)
})

test('callers that are answered together fail alone', async () => {
  const server = await startModelServer(python, 'rows', join(root, 'rows'))
  await ready(server)
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      ask(`${server.url}/v1/models/rows:predict`, {
        instances:
          i % 7 === 0
            ? [[null, 1]]
            : i % 2
              ? [[60, 4]]
              : [
                  [20, 1],
                  [60, 4],
                ],
      }),
    ),
  )
  for (const [i, answer] of answers.entries()) {
    if (i % 7 === 0) expect(answer.status).toBe(400)
    else expect(answer).toEqual({ status: 200, body: { predictions: i % 2 ? [1] : [0, 1] } })
  }
  await server.stop()
})

test('a pyfunc model answers what its function answers', async () => {
  const server = await startModelServer(python, 'twice', join(root, 'pyfunc'))
  await ready(server)
  expect((await ask(`${server.url}/v1/models/twice:predict`, { instances: [{ age: 21 }] })).body).toEqual({
    predictions: [42],
  })
  await server.stop()
})

test.each([
  ['two', 'it has 2: a.joblib, b.joblib'],
  ['broken', 'model.pkl could not be loaded: '],
  ['absent', 'there is nothing at'],
])(
  'a model that cannot be loaded (%s) says why to probes, in its log and in its termination message',
  async (folder, reason) => {
    const server = await startModelServer(python, 'm', join(root, folder), '--failure_linger_seconds', '1.5')
    const answer = await eventually(
      async () => {
        const told = await ask(`${server.url}/v2/models/m/ready`)
        return String(told.body.error).includes('being loaded') ? false : told
      },
      { timeoutMs: 60_000, everyMs: 20 },
    )
    expect(answer).toMatchObject({ status: 503, body: { ready: false, error: expect.stringContaining(reason) } })
    expect(await ask(`${server.url}/v1/models/m:predict`, { instances: [[1]] })).toMatchObject({ status: 503 })
    expect(await server.exited).toBe(1)
    expect(server.log()).toContain('ModelLoadFailed: ')
    expect(server.terminationMessage()).toMatch(new RegExp(`^ModelLoadFailed: .*${reason.replaceAll('.', '\\.')}`))
  },
)
