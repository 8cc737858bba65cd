/**
 * A real JupyterLab: a Notebook made by the Jupyter web app's REST, reached through the notebooks' own site. Its kernel runs
 * cells with the real clients, as `default-editor`.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '@keelson/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cluster, type Json } from '../conformance/cluster.ts'
import { Kernel, proofOfPage } from '../support/jupyter.ts'
import { mlPython, pythonDir, runPython } from '../support/model-server.ts'
import { people, platformHome, platformStatus, tokenOf } from '../support/platform.ts'

const cells = new Map(
  readFileSync(new URL('notebook/cells.py', import.meta.url), 'utf8')
    .split(/^# %% /m)
    .slice(1)
    .map((cell) => [cell.slice(0, cell.indexOf('\n')), cell.slice(cell.indexOf('\n'))] as const),
)
const workspace = `nb-${randomBytes(3).toString('hex')}`
const name = 'lab'
const prefix = `/notebook/${workspace}/${name}`
const api = `/api/v1/namespaces/${workspace}`
// The first time on a machine, the image's environment is built.
const patience = { timeoutMs: 280_000 }

describe('keelson.submit', () => {
  test('refuses in words what cannot be a job, and says what it would make', async () => {
    const code = readFileSync(new URL('notebook/refusals.py', import.meta.url), 'utf8')
    const printed = await runPython(await mlPython(), code, pythonDir)
    const { refused, replicas, counts } = JSON.parse(/^RESULT (.*)$/m.exec(printed)?.[1] ?? 'null')
    const words = [/made with def/, /missing a required argument: 'epochs'/, /JSON/, /launcher/, /PyTorchJob/, /either/]
    const more = [/uses secret from the function around/, /is no address/, /user name or a password/, /inside the repo/]
    expect(refused).toEqual([...words, ...more, /120 KiB/].map((pattern) => expect.stringMatching(pattern)))
    expect(replicas).toEqual({ Master: 1, Worker: 2 })
    expect(counts).toEqual({ parallelism: 3, completions: 3, completionMode: 'Indexed', backoffLimit: 1 })
  })
})

test('an MLproject’s environment is read for pip, and what pip cannot give is refused with what to do', async () => {
  const code = readFileSync(new URL('notebook/project-rules.py', import.meta.url), 'utf8')
  const printed = await runPython(await mlPython(), code, pythonDir)
  expect(JSON.parse(/^RESULT (.*)$/m.exec(printed)?.[1] ?? 'null')).toEqual({
    none: [],
    python: ['numpy', '-r requirements.txt'],
    range: ['numpy'],
    'other python': expect.stringContaining('wants Python 3.8, and the image has 3.11: choose an image with 3.8'),
    conda: ['numpy==1.26.*', 'torch==2.4.0', 'scikit-learn==1.5.1', 'pandas>=2', 'mlflow', 'lightgbm==4.5.0'],
    'conda package': expect.stringContaining("the conda package 'cudatoolkit', and there is no conda here"),
    docker: expect.stringContaining('give image= in backend_config'),
    'no list': 'python_env.yaml must be a mapping, with dependencies as a list.',
    'no YAML': expect.stringContaining('python_env.yaml is no YAML'),
  })
})

describe.skipIf(platformHome === undefined)('JupyterLab in a pod', () => {
  let cluster: Cluster
  let kernel: Kernel | null = null
  let address = ''
  let jupyter = ''
  let credential: Record<string, string> = {}

  beforeAll(async () => {
    cluster = new Cluster(join(platformHome ?? '', 'kubelite/admin.kubeconfig'), '')
    const profile = {
      apiVersion: 'kubeflow.org/v1',
      kind: 'Profile',
      metadata: { name: workspace },
      spec: { owner: { kind: 'User', name: people.scientist } },
    }
    expect(await cluster.post('/apis/kubeflow.org/v1/profiles', profile)).toMatchObject({ status: 201 })
    await eventually(async () => (await cluster.get(`${api}/configmaps/keelson`)).status === 200, patience)
    const { url, notebooksUrl } = await platformStatus()
    credential = { authorization: `Bearer ${await tokenOf('scientist')}` }
    address = `${notebooksUrl}${prefix}`
    jupyter = `${url}/jupyter/api/namespaces/${workspace}/notebooks`
    const headers = { ...credential, 'content-type': 'application/json' }
    const made = await fetch(jupyter, {
      method: 'POST',
      headers,
      body: JSON.stringify({ name, cpu: '0.2', memory: '512Mi' }),
    })
    expect(await made.json()).toMatchObject({ success: true })
    await untilReady('')
    kernel = await Kernel.start(address, credential)
  }, 300_000)
  afterAll(async () => {
    await kernel?.stop()
    await cluster?.del(`/apis/kubeflow.org/v1/profiles/${workspace}`)
    cluster?.close()
  })

  /** Until the notebook's pod is ready and another than `formerUid`, and the way to it is open. */
  async function untilReady(formerUid: string): Promise<void> {
    await eventually(async () => {
      const { body } = await cluster.get(`${api}/pods/${name}-0`)
      const ready = body.status?.conditions?.some((each: Json) => each.type === 'Ready' && each.status === 'True')
      if (!ready || body.metadata.uid === formerUid) return false
      return (await fetch(`${address}/api`, { headers: credential })).status === 200
    }, patience)
  }

  async function run(cell: string): Promise<unknown> {
    const { text, error } = (await kernel?.run(cells.get(cell) ?? `raise Exception('no cell ${cell}')`)) ?? {}
    expect(error, text).toBeNull()
    return JSON.parse(/^RESULT (.*)$/m.exec(text ?? '')?.[1] ?? 'null')
  }

  test('serves below its prefix alone, without a token, with terminals', async () => {
    const { body } = await cluster.get(`${api}/pods/${name}-0`)
    const pod = `http://${body.status.podIP}:8888`
    expect((await fetch(`${pod}/lab`, { redirect: 'manual' })).status).toBe(404)
    expect((await fetch(`${pod}${prefix}/lab`, { redirect: 'manual' })).status).toBe(200)
    const headers = await proofOfPage(address, credential)
    const made = await fetch(`${address}/api/terminals`, { method: 'POST', headers })
    expect(await made.json()).toMatchObject({ name: '1' })
    // A page that has not been opened cannot start anything, even where the browser would send its cookies along.
    expect((await fetch(`${address}/api/terminals`, { method: 'POST', headers: credential })).status).toBe(403)
  })

  test('kubernetes: the pod’s own account, in its own namespace', async () => {
    const user = `system:serviceaccount:${workspace}:default-editor`
    expect(await run('identity')).toEqual({ user, pods: [`${name}-0`], elsewhere: 403, home: '/home/jovyan' })
  })

  test('mlflow: a metric with no address and no secret, in an experiment named as the notebook', async () => {
    expect(await run('mlflow')).toMatchObject({ metrics: { m: 1 }, experiment: name })
    expect(await run('autolog')).toEqual(['lbfgs', true])
  })

  test('kfp: the client is made and signs in; what is not served is said by name', async () => {
    expect(await run('kfp')).toEqual({ namespace: workspace, refused: [501, 'unimplemented'] })
  })

  test('kubeflow-training: a function becomes a job, and its log is read', async () => {
    expect(await run('training')).toEqual([expect.stringContaining('fitted well')])
  })

  test('keelson.submit: a function becomes a job, with its log and its run; a failure says why', async () => {
    const trained = 'trained 3 $(HOME) $x True'
    expect(await run('submit')).toEqual({ lines: [trained], state: 'Succeeded' })
    expect(await run('failing')).toEqual([true, 'Failed'])
  })

  test('keelson.submit on a laptop: a tag becomes a job of its commit, which its run is marked with', async () => {
    const code = readFileSync(new URL('notebook/from-laptop.py', import.meta.url), 'utf8')
    const printed = await runPython(await mlPython(), code, cluster.kubeconfig, workspace, pythonDir)
    const said = "from git: first ['--note', '$(HOME)'] COMMIT"
    expect(JSON.parse(/^RESULT (.*)$/m.exec(printed)?.[1] ?? 'null')).toEqual({ said: [said], annotation: true })
  })

  test('mlflow run: a folder and a tag of a repository become jobs, recorded as mlflow does; what cannot be is refused in words', async () => {
    const code = readFileSync(new URL('notebook/projects.py', import.meta.url), 'utf8')
    const { workspaces, databaseUrl } = await platformStatus()
    const tracking = workspaces[workspace]?.mlflow ?? ''
    const words = [cluster.kubeconfig, workspace, pythonDir, tracking, await tokenOf('scientist', workspace)]
    const printed = await runPython(await mlPython(), code, ...words)
    const { job, run, ...found } = JSON.parse(/^RESULT (.*)$/m.exec(printed)?.[1] ?? 'null')
    const why = expect.stringMatching(/wants Python 2\.7, and the image has 3\./)
    expect(found).toEqual({
      refused: [
        expect.stringContaining("missing parameters: 'name'"),
        expect.stringContaining("'alpha' is a number (float), and 'much' is none"),
        expect.stringContaining('nowhere'),
        expect.stringContaining('failed'),
      ],
      why: ['FAILED', why],
      local: {
        status: ['FINISHED', 'FINISHED'],
        params: { alpha: '0.5', name: expect.stringContaining('$HOME'), more: '1' },
        metrics: { alpha: 0.5 },
        tags: ['PROJECT', 'main', 'keelson', 'virtualenv'],
      },
      git: ['FINISHED', true, expect.stringMatching(/FOLDER#study$/)],
      'commit on the job': true,
      failed: ['FAILED', 'FAILED'],
    })
    expect(printed).toContain('trained with')
    // The run was made before its job: the pod took it up, so the platform knows which job made it.
    const database = new pg.Client({ connectionString: databaseUrl })
    await database.connect()
    const linked = await database.query('select job_uid from run where id = $1', [run]).finally(() => database.end())
    expect(linked.rows).toEqual([{ job_uid: job }])
  })

  test('what pip installs is in the volume, and is there after a restart', async () => {
    const found = await run('install')
    expect(found).toEqual(['kept', true, expect.stringMatching(/^\/home\/jovyan\//)])
    await kernel?.stop()
    const { body } = await cluster.get(`${api}/pods/${name}-0`)
    await cluster.del(`${api}/pods/${name}-0?gracePeriodSeconds=0`)
    await untilReady(body.metadata.uid)
    kernel = await Kernel.start(address, credential)
    expect(await run('kept')).toBe('kept')
  })
})
