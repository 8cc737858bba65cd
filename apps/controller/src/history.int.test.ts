/** What the controller writes down, and that killing it at any moment costs nothing. */
import { randomBytes } from 'node:crypto'
import type { Profile } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { listActivity } from '@keelson/core/activity'
import { type OpenedContext, openContext, withActor } from '@keelson/core/context'
import { createExperiment, createRun, getRun } from '@keelson/core/experiments'
import { installRoles } from '@keelson/core/testing'
import { getJob, listCurves, readJobLogs, writeJobLog } from '@keelson/core/training'
import { type KubeApi, resources } from '@keelson/kube'
import { installCrds, nodeServerNames, startServerWithNode, type TestNodeServer } from '@keelson/kube/testing'
import { silentLogger } from '@keelson/process/logger'
import { eventually, type TestDatabase, withMigratedDatabase } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControllerProcess, controllerProcess, kubeconfigWith } from './testing/index.ts'

const patience = { timeoutMs: 60_000, everyMs: 100 }
const numbered = (count: number) => Array.from({ length: count }, (_, n) => `line ${n + 1}`)

describe.each(nodeServerNames)('the history of jobs on %s', (name) => {
  let server: TestNodeServer
  let kube: KubeApi
  let database: TestDatabase
  let context: OpenedContext
  let controller: ControllerProcess
  let skipped: string | null = null
  const workspace = `history-${randomBytes(4).toString('hex')}`
  const stopper = new AbortController()

  beforeAll(async () => {
    const started = await startServerWithNode(name)
    if ('skipped' in started) {
      skipped = started.skipped
      return
    }
    server = started
    kube = server.kube
    await installCrds(kube)
    database = await withMigratedDatabase()
    context = await openContext({
      databaseUrl: database.url,
      kubeconfigPath: server.kubeconfigPath,
      artifactsRoot: '/nowhere',
      addresses: { url: 'http://localhost', contentUrl: 'http://127.0.0.1', podUrl: 'http://localhost' },
      log: silentLogger,
      signal: stopper.signal,
    })
    await installRoles(kube)
    const account = { namespace: 'keelson-system', name: 'keelson-controller' }
    const kubeconfig = kubeconfigWith(await server.requestToken(account, []), server.kubeconfigPath)
    controller = controllerProcess({ databaseUrl: database.url, kubeconfig, namespace: 'keelson-system' })
    controller.start()
    const spec = { owner: { kind: 'User', name: 'ada@example.test' } }
    await kube.create<Profile>(resources.profiles, { apiVersion: '', kind: '', metadata: { name: workspace }, spec })
    await eventually(() => kube.get(resources.serviceAccounts, { namespace: workspace, name: 'default' }), patience)
  }, 240_000)
  afterAll(async () => {
    if (skipped !== null) return
    await kube?.delete(resources.profiles, { name: workspace }).catch(() => {})
    await eventually(
      async () => expect(await kube.find(resources.profiles, { name: workspace })).toBeNull(),
      patience,
    ).catch(() => {})
    await controller?.kill()
    stopper.abort()
    await context?.close()
    await server?.stop()
    await database?.stop()
  }, 120_000)
  const test = (title: string, body: () => Promise<void>) =>
    it(title, async ({ skip }) => (skipped === null ? body() : skip(skipped)), 120_000)

  const submit = (jobName: string, script: string, spec: object = {}) =>
    kube.create<KubeObject>(resources.jobs, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { namespace: workspace, name: jobName },
      spec: {
        backoffLimit: 0,
        ...spec,
        template: {
          spec: {
            restartPolicy: 'Never',
            terminationGracePeriodSeconds: 5,
            containers: [{ name: 'main', image: server.shellImage, command: ['sh', '-c', script] }],
          },
        },
      },
    })
  const job = async (uid: string) => {
    const rows = await context.base.db.query<{
      status: string
      message: string | null
      deleted_at: Date | null
      finished_at: Date | null
    }>('select * from job where uid = $1', uid)
    return rows[0]
  }
  const pods = (uid: string) =>
    context.base.db.query<{
      uid: string
      name: string
      attempt: number
      status: string
      exit_code: number | null
      message: string | null
      deleted_at: Date | null
    }>('select * from job_pod where job_uid = $1 order by attempt', uid)
  const log = async (uid: string) => {
    const rows = await context.base.db.query<{ text: string }>(
      'select l.text from log_line l join job_pod p on p.uid = l.pod_uid where p.job_uid = $1 order by l.id',
      uid,
    )
    return rows.map((row) => row.text)
  }
  const isWhole = async (uid: string) => {
    const rows = await context.base.db.query<{ open: bigint; all: bigint }>(
      `select count(*) filter (where not s.complete) as open, count(*) as all from log_stream s join job_pod p on p.uid = s.pod_uid where p.job_uid = $1`,
      uid,
    )
    return Number(rows[0]?.all) > 0 && Number(rows[0]?.open) === 0
  }
  const uidOf = (object: KubeObject) => object.metadata.uid ?? ''

  test('a TFJob whose pods are cleaned up: each replica’s attempts, merged logs and environment stay', async () => {
    const script =
      'echo "hello from $REPLICA"; echo progress=50%; trap "exit 0" TERM; test $REPLICA = worker || sleep 60 & wait'
    const template = (replica: string) => ({
      spec: {
        terminationGracePeriodSeconds: 5,
        containers: [
          {
            name: 'tensorflow',
            image: server.shellImage,
            command: ['sh', '-c', script],
            env: [
              { name: 'REPLICA', value: replica },
              { name: 'API_TOKEN', value: 'not-for-eyes' },
            ],
          },
        ],
      },
    })
    const made = await kube.create<KubeObject>(resources.tfJobs, {
      apiVersion: 'kubeflow.org/v1',
      kind: 'TFJob',
      metadata: { namespace: workspace, name: 'pair' },
      spec: {
        runPolicy: { cleanPodPolicy: 'All' },
        successPolicy: 'AllWorkers',
        tfReplicaSpecs: { PS: { template: template('ps') }, Worker: { replicas: 2, template: template('worker') } },
      },
    } as KubeObject)
    const uid = uidOf(made)
    await eventually(async () => expect(await job(uid)).toMatchObject({ status: 'succeeded' }), patience)
    const left = async () =>
      (await kube.list(resources.pods, { namespace: workspace })).items.filter((pod) =>
        pod.metadata.name?.startsWith('pair-'),
      )
    await eventually(async () => expect(await left()).toHaveLength(0), patience)
    await eventually(() => isWhole(uid), patience)
    const ctx = withActor(context.base, { kind: 'platform', username: 'test', groups: [] })
    const { job: row, pods: replicas } = await getJob(ctx, { workspace, uid })
    expect(row).toMatchObject({ kind: 'TFJob', framework: 'TensorFlow', replicasTotal: 3, progress: 50, retries: 0 })
    expect(replicas.map((pod) => [pod.replicaType, pod.replicaIndex, pod.attempt])).toEqual([
      ['PS', 0, 1],
      ['Worker', 0, 1],
      ['Worker', 1, 1],
    ])
    expect(replicas[1]?.environment).toEqual(
      expect.arrayContaining([
        { container: 'tensorflow', name: 'REPLICA', value: 'worker', from: null },
        { container: 'tensorflow', name: 'API_TOKEN', value: '••••••', from: null },
        expect.objectContaining({ name: 'TF_CONFIG' }),
      ]),
    )
    let text = ''
    for await (const piece of writeJobLog(ctx, { workspace, uid })) text += piece
    for (const [replica, word] of [
      ['ps-0', 'ps'],
      ['worker-0', 'worker'],
      ['worker-1', 'worker'],
    ])
      expect(text).toContain(`[${replica}/tensorflow] hello from ${word}\n`)
    const one = await readJobLogs(ctx, { workspace, uid, limit: 100, replica: 'worker-1' })
    expect(one.lines.map((line) => [line.replica, line.text])).toEqual([
      ['worker-1', 'hello from worker'],
      ['worker-1', 'progress=50%'],
    ])
    expect(one.complete).toBe(true)
  })

  test('a job that succeeds: its pod, exit code, log, events', async () => {
    const uid = uidOf(await submit('good', 'echo one; echo two >&2; echo three'))
    await eventually(
      async () => expect(await job(uid)).toMatchObject({ status: 'succeeded', deleted_at: null }),
      patience,
    )
    expect(await pods(uid)).toMatchObject([{ attempt: 1, status: 'succeeded', exit_code: 0 }])
    await eventually(() => isWhole(uid), patience)
    expect((await log(uid)).sort()).toEqual(['one', 'three', 'two'])
    const ctx = withActor(context.base, { kind: 'platform', username: 'test', groups: [] })
    await eventually(async () => {
      const { items } = await listActivity(ctx, { workspace, objectUid: uid, limit: 50 })
      const kinds = new Set(items.map((entry) => entry.object.kind))
      expect([...kinds].sort()).toEqual(['Job', 'Pod'])
    }, patience)
    const { items } = await kube.list(resources.pods, {
      namespace: workspace,
      labelSelector: 'batch.kubernetes.io/job-name=good',
    })
    await eventually(async () => {
      const pod = await kube.get(resources.pods, { namespace: workspace, name: items[0]?.metadata.name ?? '' })
      expect(pod.metadata.finalizers ?? []).not.toContain('keelson.dev/logs')
    }, patience)
  })

  test('numbers of its lines, and what its pod used where the cluster measures, outlive the pod', async () => {
    const script = 'for i in 1 2 3; do echo "step=$i loss=0.$i"; done; while true; do sleep 0.2; done'
    const uid = uidOf(await submit('measured', script))
    const ctx = withActor(context.base, { kind: 'platform', username: 'test', groups: [] })
    const kept = async () => {
      const { curves, isMeasured } = await listCurves(ctx, { workspace, uid })
      const loss = curves.find((curve) => curve.name === 'loss')
      expect(loss?.points.map(({ step, value }) => [step, value])).toEqual([1, 2, 3].map((n) => [n, n / 10]))
      if (isMeasured) {
        const memory = curves.find((curve) => curve.source === 'usage' && curve.name === 'memory')
        expect(memory?.points.at(-1)?.value).toBeGreaterThan(0)
        expect(curves.find((curve) => curve.name === 'cpu')?.points.length).toBe(memory?.points.length)
      }
      return curves
    }
    const before = await eventually(kept, patience)
    await kube.delete(resources.jobs, { namespace: workspace, name: 'measured' }, { propagation: 'Background' })
    await eventually(async () => expect((await pods(uid))[0]?.deleted_at).not.toBeNull(), patience)
    expect((await kept()).map(({ name }) => name)).toEqual(before.map(({ name }) => name))
  })

  test('a job that fails: each attempt, and the reason on the job itself', async () => {
    const uid = uidOf(await submit('bad', 'echo trying; exit 3', { backoffLimit: 1 }))
    await eventually(async () => expect(await job(uid)).toMatchObject({ status: 'failed' }), patience)
    expect((await job(uid))?.message).toContain('exited with code 3')
    await eventually(
      async () =>
        expect(await pods(uid)).toMatchObject([
          { attempt: 1, status: 'failed', exit_code: 3 },
          { attempt: 2, status: 'failed', exit_code: 3 },
        ]),
      patience,
    )
    await eventually(() => isWhole(uid), patience)
    expect(await log(uid)).toEqual(['trying', 'trying'])
  })

  test('a chatty log is kept line for line though the controller is killed in the middle, again and again', async () => {
    const script =
      'i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo "line $i"; [ $((i % 250)) -eq 0 ] && sleep 0.6; done'
    const uid = uidOf(await submit('chatty', script))
    for (const lines of [200, 900, 1_700]) {
      await eventually(async () => expect((await log(uid)).length).toBeGreaterThan(lines), patience)
      await controller.kill()
      controller.start()
    }
    await eventually(async () => expect(await job(uid)).toMatchObject({ status: 'succeeded' }), patience)
    await eventually(() => isWhole(uid), patience)
    expect(await log(uid)).toEqual(numbered(3_000))
  })

  test('a job that ends and is deleted while no controller runs keeps its log and its end', async () => {
    const uid = uidOf(
      await submit('orphan', 'i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo "line $i"; done; sleep 8; echo last'),
    )
    const held = () =>
      kube.list(resources.pods, { namespace: workspace, labelSelector: 'batch.kubernetes.io/job-name=orphan' })
    await eventually(
      async () => expect((await held()).items[0]?.metadata.finalizers).toContain('keelson.dev/logs'),
      patience,
    )
    await eventually(async () => expect((await pods(uid)).length).toBe(1), patience)
    await controller.kill()
    await eventually(
      async () =>
        expect(await kube.get(resources.jobs, { namespace: workspace, name: 'orphan' })).toMatchObject({
          status: { succeeded: 1 },
        }),
      patience,
    )
    await kube.delete(resources.jobs, { namespace: workspace, name: 'orphan' }, { propagation: 'Background' })
    await eventually(async () => expect((await held()).items[0]?.metadata.deletionTimestamp).toBeDefined(), patience)
    controller.start()
    await eventually(async () => expect((await held()).items).toEqual([]), patience)
    expect(await log(uid)).toEqual([...numbered(100), 'last'])
    await eventually(async () => expect((await job(uid))?.deleted_at).not.toBeNull(), patience)
    await eventually(
      async () =>
        expect(await pods(uid)).toMatchObject([{ status: 'succeeded', exit_code: 0, deleted_at: expect.any(Date) }]),
      patience,
    )
  })

  test('a job that is deleted while it runs is stopped, with what it had said', async () => {
    const uid = uidOf(
      await submit('stopped', 'trap "echo stopping; exit 1" TERM; echo begun; while true; do sleep 0.1; done'),
    )
    await eventually(async () => expect(await log(uid)).toEqual(['begun']), patience)
    await kube.delete(resources.jobs, { namespace: workspace, name: 'stopped' }, { propagation: 'Background' })
    await eventually(
      async () =>
        expect(await job(uid)).toMatchObject({
          status: 'stopped',
          deleted_at: expect.any(Date),
          finished_at: expect.any(Date),
        }),
      patience,
    )
    await eventually(async () => expect((await pods(uid))[0]?.deleted_at).not.toBeNull(), patience)
    await eventually(async () => expect(await log(uid)).toEqual(['begun', 'stopping']), patience)
  })

  test('a run that its pod leaves behind is ended, and says why', async () => {
    const uid = uidOf(await submit('leaves-a-run', 'echo begun; sleep 2; exit 7'))
    await eventually(async () => expect(await log(uid)).toEqual(['begun']), patience)
    const [pod] = await pods(uid)
    const actor = {
      kind: 'pod' as const,
      username: `system:serviceaccount:${workspace}:default-editor`,
      groups: [],
      namespace: workspace,
      serviceAccount: 'default-editor',
      pod: { name: pod?.name ?? '', uid: pod?.uid ?? '' },
    }
    const ctx = withActor(context.base, actor)
    const experimentId = await eventually(() => createExperiment(ctx, { workspace, name: 'left' }), patience)
    const { id: runId } = await createRun(ctx, { workspace, experimentId })
    await eventually(
      async () =>
        expect(await getRun(ctx, { workspace, runId })).toMatchObject({
          status: 'FAILED',
          podUid: pod?.uid,
          jobUid: uid,
        }),
      patience,
    )
    const { tags } = await getRun(ctx, { workspace, runId })
    expect(tags.find((tag) => tag.key === 'keelson.dev/failed-because')?.value).toContain('exited with code 7')
  })

  test('a kept log is read page by page, and says when it is whole', async () => {
    const chatty = uidOf(await kube.get(resources.jobs, { namespace: workspace, name: 'chatty' }))
    const ctx = withActor(context.base, { kind: 'platform', username: 'test', groups: [] })
    const lines: string[] = []
    let page = await readJobLogs(ctx, { workspace, uid: chatty, limit: 700 })
    for (; ; page = await readJobLogs(ctx, { workspace, uid: chatty, limit: 700, after: page.cursor })) {
      lines.push(...page.lines.map((line) => line.text))
      if (page.complete) break
    }
    expect(lines).toEqual(numbered(3_000))
  })

  test('what was lost of the projection comes back from the cluster', async () => {
    const good = await kube.get(resources.jobs, { namespace: workspace, name: 'good' })
    await context.base.db.query('delete from job where uid = $1 returning uid', uidOf(good))
    await controller.kill()
    controller.start()
    await eventually(async () => expect(await job(uidOf(good))).toMatchObject({ status: 'succeeded' }), patience)
    expect(await pods(uidOf(good))).toMatchObject([{ attempt: 1, exit_code: 0 }])
    expect((await log(uidOf(good))).length).toBe(3)
  })
})
