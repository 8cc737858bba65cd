/** A real JupyterLab in a pod of the started platform, as `default-editor`; its kernel runs cells with the real clients. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { notebookClientParts } from '@keelson/core/notebooks'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cluster, type Json } from '../conformance/cluster.ts'
import { Kernel, proofOfPage } from '../support/jupyter.ts'
import { mlPython, pythonDir, runPython } from '../support/model-server.ts'
import { people, platformHome } from '../support/platform.ts'

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

/** What a Notebook becomes: Kubeflow's StatefulSet, and Keelson's parts for clients. */
function statefulSet(): Record<string, unknown> {
  const { envFrom, env, volumes, volumeMounts } = notebookClientParts()
  const labels = { statefulset: name, 'notebook-name': name }
  return {
    metadata: { name },
    spec: {
      replicas: 1,
      serviceName: name,
      selector: { matchLabels: { statefulset: name } },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: 'default-editor',
          securityContext: { fsGroup: 100 },
          containers: [
            {
              name,
              image: 'keelson/jupyter:1',
              workingDir: '/home/jovyan',
              ports: [{ name: 'notebook-port', containerPort: 8888, protocol: 'TCP' }],
              envFrom,
              env: [{ name: 'NB_PREFIX', value: prefix }, ...env],
              volumeMounts: [{ name: 'workspace', mountPath: '/home/jovyan' }, ...volumeMounts],
              readinessProbe: { httpGet: { path: `${prefix}/api`, port: 8888 }, periodSeconds: 1 },
            },
          ],
          volumes: [{ name: 'workspace', persistentVolumeClaim: { claimName: name } }, ...volumes],
        },
      },
    },
  }
}

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

describe.skipIf(platformHome === undefined)('JupyterLab in a pod', () => {
  let cluster: Cluster
  let kernel: Kernel | null = null
  let address = ''

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
    const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
    await cluster.post(`${api}/persistentvolumeclaims`, { metadata: { name }, spec: claim })
    const made = await cluster.post(`/apis/apps/v1/namespaces/${workspace}/statefulsets`, statefulSet())
    expect(made).toMatchObject({ status: 201 })
    address = await untilReady('')
    kernel = await Kernel.start(address)
  }, 300_000)
  afterAll(async () => {
    await kernel?.stop()
    await cluster?.del(`/apis/kubeflow.org/v1/profiles/${workspace}`)
    cluster?.close()
  })

  /** The address of the notebook's pod, once it is ready and another than `formerUid`. */
  async function untilReady(formerUid: string): Promise<string> {
    return eventually(async () => {
      const { body } = await cluster.get(`${api}/pods/${name}-0`)
      const ready = body.status?.conditions?.some((each: Json) => each.type === 'Ready' && each.status === 'True')
      return ready && body.metadata.uid !== formerUid ? `http://${body.status.podIP}:8888${prefix}` : false
    }, patience)
  }

  async function run(cell: string): Promise<unknown> {
    const { text, error } = (await kernel?.run(cells.get(cell) ?? `raise Exception('no cell ${cell}')`)) ?? {}
    expect(error, text).toBeNull()
    return JSON.parse(/^RESULT (.*)$/m.exec(text ?? '')?.[1] ?? 'null')
  }

  test('serves below its prefix alone, without a token, with terminals', async () => {
    expect((await fetch(new URL('/lab', address), { redirect: 'manual' })).status).toBe(404)
    const made = await fetch(`${address}/api/terminals`, { method: 'POST', headers: await proofOfPage(address) })
    expect(await made.json()).toMatchObject({ name: '1' })
    // A page that has not been opened cannot start anything, even where the browser would send its cookies along.
    expect((await fetch(`${address}/api/terminals`, { method: 'POST' })).status).toBe(403)
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

  test('what pip installs is in the volume, and is there after a restart', async () => {
    const found = await run('install')
    expect(found).toEqual(['kept', true, expect.stringMatching(/^\/home\/jovyan\//)])
    await kernel?.stop()
    const { body } = await cluster.get(`${api}/pods/${name}-0`)
    await cluster.del(`${api}/pods/${name}-0?gracePeriodSeconds=0`)
    kernel = await Kernel.start(await untilReady(body.metadata.uid))
    expect(await run('kept')).toBe('kept')
  })
})
