/** The real Python clients of Kubernetes and of training jobs: the same scripts on kubelite and on a real cluster with a node. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureEnvironment } from '@keelson/kubelite/images'
import { withKubelite } from '@keelson/kubelite/testing'
import { eventually, withPostgres } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cluster } from '../conformance/cluster.ts'
import { mlPython, runPython } from '../support/model-server.ts'

const script = (name: string) => readFileSync(new URL(`kubernetes/${name}.py`, import.meta.url), 'utf8')
const sdkPython = async (): Promise<string> => {
  const environmentsDir = new URL('environments', import.meta.url).pathname
  return join((await ensureEnvironment('kubeflow', { environmentsDir })).path, 'bin', 'python')
}
const resultOf = (printed: string) => JSON.parse(/^RESULT (.*)$/m.exec(printed)?.[1] ?? 'null')

/** `expire` forgets the versions up to now and gives one of them; when a real cluster forgets its own cannot be said. */
type Target = { kubeconfig: string; image: string; expire(): Promise<string[]>; stop(): Promise<void> }

async function startKubelite(): Promise<Target> {
  const database = await withPostgres()
  const kubelite = await withKubelite({ databaseUrl: database.url, run: 'all' })
  return {
    kubeconfig: kubelite.kubeconfigPath,
    image: 'busybox:1',
    expire: async () => {
      await kubelite.compact(Number.MAX_SAFE_INTEGER)
      return ['1']
    },
    stop: async () => {
      await kubelite.stop()
      await database.stop()
    },
  }
}

const given = process.env.KEELSON_TEST_KUBECONFIG
const image = process.env.KEELSON_TEST_IMAGE
const targets: [string, () => Promise<Target>][] = [['kubelite', startKubelite]]
if (given && image)
  targets.push([
    'a real cluster',
    async () => ({ kubeconfig: given, image, expire: async () => [], stop: async () => {} }),
  ])

describe.each(targets)('Python clients on %s', (name, start) => {
  let target: Target
  let cluster: Cluster
  const namespaces: string[] = []
  const namespace = async () => {
    const made = `clients-${randomBytes(3).toString('hex')}`
    await cluster.post('/api/v1/namespaces', { metadata: { name: made } })
    namespaces.push(made)
    const account = `/api/v1/namespaces/${made}/serviceaccounts/default`
    await eventually(async () => (await cluster.get(account)).status === 200)
    return made
  }
  beforeAll(async () => {
    target = await start()
    cluster = new Cluster(target.kubeconfig, 'kubectl')
  })
  afterAll(async () => {
    for (const each of namespaces) await cluster.del(`/api/v1/namespaces/${each}`)
    cluster.close()
    await target.stop()
  })

  test('kubernetes: watches, informers, patches, the dynamic client, leader election, manifests', async () => {
    const ns = await namespace()
    const expired = await target.expire()
    const printed = await runPython(await mlPython(), script('client'), target.kubeconfig, ns, ...expired)
    expect(resultOf(printed)).toEqual({
      watch: [
        ['ADDED', 'w1', 'V1ConfigMap'],
        ['ADDED', 'w2', 'V1ConfigMap'],
        ['MODIFIED', 'w1', 'V1ConfigMap'],
        ['DELETED', 'w2', 'V1ConfigMap'],
      ],
      resumed: ['ADDED', 'w3'],
      timeout: [],
      ...(expired.length > 0 ? { expired: [410, 'Expired'] } : {}),
      relisted: ['MODIFIED', { after: 'relist' }],
      raw: ['ConfigMapList', true],
      informer: [
        ['ADDED', 'i1'],
        ['MODIFIED', 'i1'],
        ['DELETED', 'i1'],
      ],
      patches: [{ a: 'b', b: 'merge' }, { a: 'b' }, { a: 'b', c: 'strategic' }, { a: 'b', c: 'strategic', d: 'apply' }],
      dynamic: [{ k: 'v' }, 3, [['MODIFIED', true]], ['Toy']],
      leader: [['one'], 'one', 3],
      from_yaml: ['y1', 'y2'],
      from_yaml_again: [409, 409],
      precondition: 409,
      deleted: 'Success',
      left: 0,
    })
  })

  test('kubeflow-training and kubeflow: all kinds of jobs, from creation to deletion', async () => {
    const printed = await runPython(
      await sdkPython(),
      script('sdks'),
      target.kubeconfig,
      await namespace(),
      target.image,
    )
    const row = (kind: string) => {
      const job = `${kind.toLowerCase()}-one`
      return [
        `KubeflowOrgV1${kind}`,
        [true, true, false],
        ['Created', 'Running', 'Succeeded'],
        [`${job}-worker-0`],
        [`${kind} trains\n`],
        { x: 'y' },
        [job],
      ]
    }
    const kinds = ['TFJob', 'PyTorchJob', 'XGBoostJob', 'MPIJob', 'PaddleJob', 'JAXJob']
    expect(resultOf(printed)).toEqual({
      training: Object.fromEntries(kinds.map((kind) => [kind, row(kind)])),
      trainer: {
        runtime: true,
        steps: [['node-0', 'Succeeded']],
        status: ['Running', 'Complete'],
        logs: ['step one', 'step two'],
        listed: [true],
        events: true,
      },
    })
  })

  test.runIf(name === 'kubelite')('in a pod, the client finds the API server and who it is', async () => {
    const ns = await namespace()
    const code = [
      'from kubernetes import client, config',
      'config.load_incluster_config()',
      'print(client.AuthenticationV1Api().create_self_subject_review({}).status.user_info.username)',
    ].join('\n')
    await cluster.post(`/api/v1/namespaces/${ns}/pods`, {
      metadata: { name: 'inside' },
      spec: {
        restartPolicy: 'Never',
        containers: [{ name: 'main', image: 'keelson/python:1', command: ['python', '-c', code] }],
      },
    })
    const path = `/api/v1/namespaces/${ns}/pods/inside`
    await eventually(async () => ['Succeeded', 'Failed'].includes((await cluster.get(path)).body.status?.phase), {
      timeoutMs: 60_000,
    })
    expect((await cluster.get(`${path}/log`)).body).toBe(`system:serviceaccount:${ns}:default\n`)
  })
})
