/** The real kubectl on the sample's objects, with the kubeconfig that `npm start` writes: one context per person. */
import { eventually } from '@keelson/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { findKubectl, type KubectlAnswer, kubectl } from '../support/kubectl.ts'
import { people, platformHome, platformStatus } from '../support/platform.ts'

const binary = findKubectl()
const available = platformHome !== undefined && binary !== null

describe.skipIf(!available)('kubectl', () => {
  let kubeconfig = ''
  const as = (person: keyof typeof people, ...args: string[]): Promise<KubectlAnswer> =>
    kubectl({ binary: binary ?? '', kubeconfig, context: people[person] }, ...args)
  const apply = (person: keyof typeof people, yaml: string, ...args: string[]) =>
    kubectl({ binary: binary ?? '', kubeconfig, context: people[person], input: yaml }, 'apply', '-f', '-', ...args)

  beforeAll(async () => {
    kubeconfig = (await platformStatus()).kubeconfig
  })

  test('knows who it is', async () => {
    const answer = await as('scientist', 'auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}')
    expect(answer).toMatchObject({ code: 0, stdout: people.scientist })
  })

  test('gets and describes the job of the sample', async () => {
    const table = await as('scientist', '-n', 'telco', 'get', 'jobs')
    expect(table.stdout).toMatch(/NAME\s+STATUS\s+COMPLETIONS\s+DURATION\s+AGE\s+train-churn-job\s+Complete\s+1\/1/)
    const described = await as('scientist', '-n', 'telco', 'describe', 'job', 'train-churn-job')
    expect(described.stdout).toContain('1 Succeeded')
    expect(described.stdout).toContain('keelson/telco-churn:1')
  })

  test('reads the log of the job', async () => {
    const answer = await as('scientist', '-n', 'telco', 'logs', 'job/train-churn-job')
    expect(answer.stdout).toContain('7043 customers, 26.5% of them left')
    expect(answer.stdout).toMatch(/registered churn version \d+ with ROC AUC 0\.8\d+/)
  })

  test('shows the endpoint with its address and readiness', async () => {
    const answer = await as('scientist', '-n', 'telco', 'get', 'inferenceservices')
    expect(answer.stdout).toMatch(/NAME\s+URL\s+READY/)
    expect(answer.stdout).toMatch(/churn\s+http:\/\/localhost:\d+\/workspaces\/telco\/serving\/churn\s+True/)
  })

  test('watches what happens, in order', async () => {
    const watching = kubectl(
      { binary: binary ?? '', kubeconfig, context: people.scientist, timeoutMs: 15_000 },
      ...['-n', 'telco', 'get', 'configmaps', '--watch-only', '--request-timeout=6s', '--output-watch-events'],
    )
    // The watch says nothing of its own beginning, so the change is made again and again while it runs.
    for (let turn = 0; turn < 8; turn += 1) {
      await as('scientist', '-n', 'telco', 'create', 'configmap', 'watched')
      await as('scientist', '-n', 'telco', 'delete', 'configmap', 'watched')
    }
    const seen = (await watching).stdout.split('\n').filter((line) => /\swatched\s/.test(line))
    const kinds = seen.map((line) => line.split(/\s+/)[0])
    expect(kinds.length).toBeGreaterThanOrEqual(2)
    expect(kinds).toEqual(kinds.map((_, index) => ((kinds[0] === 'ADDED') === (index % 2 === 0) ? 'ADDED' : 'DELETED')))
  })

  test('applies, waits, reads and deletes a job of its own', async () => {
    const yaml = `
apiVersion: batch/v1
kind: Job
metadata: { name: hello-kubectl, namespace: telco }
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - { name: hello, image: busybox, command: [sh, -c, "echo hello from a pod"] }
`
    expect((await apply('scientist', yaml)).stdout).toContain('job.batch/hello-kubectl created')
    expect((await apply('scientist', yaml)).stdout).toContain('job.batch/hello-kubectl unchanged')
    const waited = await as(
      'scientist',
      '-n',
      'telco',
      'wait',
      '--for=condition=complete',
      'job/hello-kubectl',
      '--timeout=40s',
    )
    expect(waited).toMatchObject({ code: 0 })
    expect((await as('scientist', '-n', 'telco', 'logs', 'job/hello-kubectl')).stdout).toBe('hello from a pod\n')
    const deleted = await as('scientist', '-n', 'telco', 'delete', 'job', 'hello-kubectl')
    expect(deleted.stdout).toContain('job.batch "hello-kubectl" deleted')
    expect((await as('scientist', '-n', 'telco', 'get', 'job', 'hello-kubectl')).stderr).toContain('(NotFound)')
    // kubectl deletes in the background: the job's pods go after it, when their logs are kept.
    const selector = 'batch.kubernetes.io/job-name=hello-kubectl'
    await eventually(async () =>
      expect((await as('scientist', '-n', 'telco', 'get', 'pods', '-l', selector)).stdout).toBe(''),
    )
  })

  test('a server-side apply that is done again changes nothing', async () => {
    const yaml =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: from-kubectl, namespace: telco }\ndata: { a: "1" }\n'
    expect((await apply('scientist', yaml, '--server-side')).code).toBe(0)
    const version = () =>
      as('scientist', '-n', 'telco', 'get', 'configmap', 'from-kubectl', '-o', 'jsonpath={.metadata.resourceVersion}')
    const before = await version()
    expect(before.stdout).toMatch(/^\d+$/)
    await apply('scientist', yaml, '--server-side')
    const after = await version()
    expect(after.stdout).toBe(before.stdout)
    expect((await as('scientist', '-n', 'telco', 'delete', 'configmap', 'from-kubectl')).code).toBe(0)
  })

  test('names the field of a bad object', async () => {
    const answer = await apply(
      'scientist',
      'apiVersion: batch/v1\nkind: Job\nmetadata: { name: bad, namespace: telco }\nspec: { backoffLimit: -1, template: { spec: { restartPolicy: Never, containers: [{ name: a, image: busybox }] } } }\n',
    )
    expect(answer.code).not.toBe(0)
    expect(answer.stderr).toContain('spec.backoffLimit')
  })

  test.for(['viewer', 'outsider'] as const)('%s may not delete the job', async (person) => {
    const answer = await as(person, '-n', 'telco', 'delete', 'job', 'train-churn-job')
    expect(answer.code).not.toBe(0)
    expect(answer.stderr).toContain(
      `User "${people[person]}" cannot delete resource "jobs" in API group "batch" in the namespace "telco"`,
    )
  })

  test('the outsider sees nothing of the workspace', async () => {
    for (const resource of ['pods', 'jobs', 'secrets', 'configmaps', 'inferenceservices']) {
      const answer = await as('outsider', '-n', 'telco', 'get', resource)
      expect(answer.stderr, resource).toContain('(Forbidden)')
    }
  })

  test('a contributor reads the secrets, a viewer does not', async () => {
    expect((await as('scientist', '-n', 'telco', 'get', 'secrets')).code).toBe(0)
    expect((await as('viewer', '-n', 'telco', 'get', 'secrets')).stderr).toContain('(Forbidden)')
  })
})
