import { readFileSync } from 'node:fs'
import type { Notebook, PodDefault } from '@keelson/contracts/kinds'
import { SpawnForm } from '@keelson/contracts/notebooks'
import { AppError } from '@keelson/process/app-error'
import { describe, expect, it } from 'vitest'
import { type Claim, cloned } from './clone.rules.ts'
import { phaseOf, statusOf } from './notebook-view.rules.ts'
import { resized } from './resize-notebook.ts'
import { type SpawnFacts, spawned } from './spawner.rules.ts'
import { imagesOf, parseSpawnerConfig, readOnlyFields, type SpawnerConfig } from './spawner-config.rules.ts'
import { shippedSpawnerConfig } from './spawner-source.ts'

/** As Kubeflow 1.9 ships it, shortened, with an installation's own choices. */
const upstream = `
spawnerFormDefaults:
  image:
    value: ghcr.io/kubeflow/kubeflow/notebook-servers/jupyter-scipy:v1.9.0
    options:
    - ghcr.io/kubeflow/kubeflow/notebook-servers/jupyter-scipy:v1.9.0
    - ghcr.io/kubeflow/kubeflow/notebook-servers/jupyter-pytorch-full:v1.9.0
  imageGroupOne:
    value: ghcr.io/kubeflow/kubeflow/notebook-servers/codeserver-python:v1.9.0
    options: [ghcr.io/kubeflow/kubeflow/notebook-servers/codeserver-python:v1.9.0]
  imageGroupTwo:
    value: ghcr.io/kubeflow/kubeflow/notebook-servers/rstudio-tidyverse:v1.9.0
    options: [ghcr.io/kubeflow/kubeflow/notebook-servers/rstudio-tidyverse:v1.9.0]
  allowCustomImage: false
  hideRegistry: true
  imagePullPolicy: { value: IfNotPresent, readOnly: false }
  cpu: { value: '0.5', limitFactor: '1.2', readOnly: false }
  memory: { value: 1.0Gi, limitFactor: '1.2', readOnly: false }
  environment: { value: {}, readOnly: false }
  workspaceVolume:
    value:
      mount: /home/jovyan
      newPvc:
        metadata: { name: '{notebook-name}-workspace' }
        spec:
          resources: { requests: { storage: 10Gi } }
          accessModes: [ReadWriteOnce]
    readOnly: false
  dataVolumes: { value: [], readOnly: false }
  gpus:
    value:
      num: none
      vendors: [{ limitsKey: nvidia.com/gpu, uiName: NVIDIA }]
      vendor: ''
    readOnly: false
  affinityConfig:
    value: ''
    options: [{ configKey: big, displayName: Big machines, affinity: { nodeAffinity: {} } }]
    readOnly: false
  tolerationGroup:
    value: ''
    options: [{ groupKey: g1, displayName: 'Group 1', tolerations: [{ key: dedicated, operator: Exists }] }]
    readOnly: false
  shm: { value: true, readOnly: false }
  configurations: { value: [], readOnly: false }
`
const config = parseSpawnerConfig(upstream)
const with_ = (change: (config: SpawnerConfig) => void): SpawnerConfig => {
  const changed = structuredClone(config)
  change(changed)
  return changed
}

const mlflow: PodDefault = {
  apiVersion: 'kubeflow.org/v1alpha1',
  kind: 'PodDefault',
  metadata: { name: 'team', namespace: 'red' },
  spec: { selector: { matchLabels: { 'team-access': 'true' } } },
}
const facts: SpawnFacts = {
  workspace: 'red',
  creator: 'ana@example.com',
  podDefaults: [mlflow],
  claims: ['data'],
  suffix: 'abc123',
}
const make = (form: object, from = config) => spawned(from, SpawnForm.parse({ name: 'lab', ...form }), facts)
const podOf = (notebook: Notebook) => notebook.spec.template?.spec as unknown as Record<string, never>
const containerOf = (notebook: Notebook) => notebook.spec.template?.spec?.containers[0]

function faultOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof AppError && error.code !== 'internal') return `${error.faults[0]?.field}: ${error.message}`
    throw error
  }
  throw new Error('It was taken.')
}

describe('a spawner configuration', () => {
  it('that Keelson ships is read, with its image first', () => {
    const shipped = parseSpawnerConfig(readFileSync(shippedSpawnerConfig, 'utf8'))
    expect(imagesOf(shipped.image)[0]).toMatchObject({ image: 'keelson/jupyter:1', recommended: true, version: '4' })
    expect(readOnlyFields(shipped)).toEqual([])
  })

  it('of upstream is read; an image is shown by its short name, and only a picture in the file can be its icon', () => {
    expect(imagesOf(config.image).map(({ name }) => name)).toEqual([
      'jupyter-scipy:v1.9.0',
      'jupyter-pytorch-full:v1.9.0',
    ])
    const icons = ['javascript:alert(1)', 'https://example.org/a.svg', 'data:image/png;base64,AA=='].map((icon) => ({
      image: 'a',
      icon,
    }))
    expect(imagesOf({ value: 'b', options: icons, readOnly: false }).map(({ icon }) => icon)).toEqual([
      null,
      null,
      null,
      'data:image/png;base64,AA==',
    ])
  })

  it('that is wrong is refused with the field', () => {
    expect(faultOf(() => parseSpawnerConfig('spawnerFormDefaults: {}'))).toContain('spawnerFormDefaults.image')
    expect(faultOf(() => parseSpawnerConfig(upstream.replace("value: '0.5'", 'value: much')))).toContain(
      'spawnerFormDefaults.cpu.value',
    )
  })
})

describe('a form', () => {
  it('with nothing but a name makes what the configuration says', () => {
    const { notebook, claims } = make({})
    expect(notebook.metadata).toEqual({
      name: 'lab',
      namespace: 'red',
      labels: { app: 'lab' },
      annotations: {
        'notebooks.kubeflow.org/creator': 'ana@example.com',
        'notebooks.kubeflow.org/server-type': 'jupyter',
      },
    })
    expect(podOf(notebook)).toEqual({
      serviceAccountName: 'default-editor',
      containers: [
        {
          name: 'lab',
          image: 'ghcr.io/kubeflow/kubeflow/notebook-servers/jupyter-scipy:v1.9.0',
          imagePullPolicy: 'IfNotPresent',
          env: [],
          resources: { requests: { cpu: '0.5', memory: '1.0Gi' }, limits: { cpu: '0.6', memory: '1.2Gi' } },
          volumeMounts: [
            { name: 'lab-workspace', mountPath: '/home/jovyan' },
            { name: 'dshm', mountPath: '/dev/shm' },
          ],
        },
      ],
      volumes: [
        { name: 'lab-workspace', persistentVolumeClaim: { claimName: 'lab-workspace' } },
        { name: 'dshm', emptyDir: { medium: 'Memory' } },
      ],
      tolerations: [],
    })
    expect(claims).toEqual([
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'lab-workspace', namespace: 'red' },
        spec: { resources: { requests: { storage: '10Gi' } }, accessModes: ['ReadWriteOnce'] },
      },
    ])
  })

  it('chooses size, accelerators, scheduling, PodDefaults, environment and volumes', () => {
    const { notebook, claims } = make({
      cpu: 2,
      cpuLimit: '3',
      memory: '512Mi',
      gpus: { num: '2', vendor: 'nvidia.com/gpu' },
      tolerationGroup: 'g1',
      affinityConfig: 'big',
      configurations: ['team-access'],
      environment: { LANG: 'C.UTF-8' },
      shm: false,
      workspace: null,
      datavols: [{ mount: '/data/', existingSource: { persistentVolumeClaim: { claimName: 'data', readOnly: true } } }],
    })
    expect(notebook.metadata.labels).toEqual({ app: 'lab', 'team-access': 'true' })
    expect(containerOf(notebook)).toMatchObject({
      env: [{ name: 'LANG', value: 'C.UTF-8' }],
      resources: {
        requests: { cpu: '2', memory: '512Mi' },
        limits: { cpu: '3', memory: '615Mi', 'nvidia.com/gpu': '2' },
      },
      volumeMounts: [{ name: 'data', mountPath: '/data', readOnly: true }],
    })
    expect(podOf(notebook)).toMatchObject({
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data', readOnly: true } }],
      tolerations: [{ key: 'dedicated', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
    })
    expect(claims).toEqual([])
  })

  it('for another kind of server cuts its prefix off, and tells it to RStudio', () => {
    const annotations = (serverType: string) => make({ serverType }).notebook.metadata.annotations
    expect(annotations('group-one')).toMatchObject({ 'notebooks.kubeflow.org/http-rewrite-uri': '/' })
    expect(annotations('group-two')).toMatchObject({
      'notebooks.kubeflow.org/http-headers-request-set': '{"X-RStudio-Root-Path":"/notebook/red/lab/"}',
    })
  })

  it('sets no limit where the factor is none, and takes a custom image where they are allowed', () => {
    const open = with_((changed) => {
      changed.cpu.limitFactor = 'none'
      changed.memory.limitFactor = 'none'
      changed.allowCustomImage = true
    })
    const { notebook } = make({ customImageCheck: true, customImage: ' ghcr.io/me/mine:2 ' }, open)
    expect(containerOf(notebook)).toMatchObject({ image: 'ghcr.io/me/mine:2', resources: { limits: {} } })
  })

  it.each([
    [
      'an image that is not of the list',
      { image: 'evil/image:1' },
      'image: The image evil/image:1 is not offered here',
    ],
    ['a custom image', { customImageCheck: true, customImage: 'evil/image:1' }, 'customImage: The image evil/image:1'],
    ['an image of another group', { serverType: 'group-one', image: config.image.value }, 'image: The image'],
    ['a limit below its request', { cpu: '2', cpuLimit: '1' }, 'cpuLimit: The limit 1 is below the request 2.'],
    ['no CPU at all', { cpu: '0' }, 'cpu: Invalid value for cpu: 0'],
    ['an accelerator without a vendor', { gpus: { num: 1 } }, "gpus.vendor: 'gpus' must have a 'vendor' field"],
    ['an accelerator that is not offered', { gpus: { num: 1, vendor: 'amd.com/gpu' } }, 'gpus.vendor: amd.com/gpu'],
    ['a label of no PodDefault', { configurations: ['admin'] }, 'configurations: There is no PodDefault'],
    ['a toleration group that is none', { tolerationGroup: 'x' }, 'tolerationGroup: There is no'],
    ['an affinity that is none', { affinityConfig: 'x' }, 'affinityConfig: There is no'],
    [
      'a claim that is not there',
      { datavols: [{ mount: '/x', existingSource: { persistentVolumeClaim: { claimName: 'other' } } }] },
      'datavols.0.existingSource: There is no volume other in workspace red.',
    ],
    [
      'two volumes at one place',
      {
        datavols: [{ mount: '/home/jovyan', existingSource: { persistentVolumeClaim: { claimName: 'data' } } }],
      },
      'datavols.0.mount: Two volumes cannot be mounted at /home/jovyan.',
    ],
  ])('is refused with the field: %s', (_what, form, expected) => {
    expect(faultOf(() => make(form))).toContain(expected)
  })

  it.each([
    ['a path of the machine', { datavols: [{ mount: '/x', existingSource: { hostPath: { path: '/' } } }] }],
    ['a secret', { datavols: [{ mount: '/x', existingSource: { secret: { secretName: 's' } } }] }],
    ['a volume that is both', { workspace: { mount: '/x', newPvc: null, existingSource: null } }],
    [
      'a mount that climbs',
      { workspace: { mount: '/home/../etc', existingSource: { persistentVolumeClaim: { claimName: 'data' } } } },
    ],
    ['a name that is no Service’s', { name: '1lab' }],
    ['a name with a longer label than a pod can have', { name: 'a'.repeat(53) }],
  ])('is not even read: %s', (_what, form) => {
    expect(SpawnForm.safeParse({ name: 'lab', ...form }).success).toBe(false)
  })

  it.each([
    ['image', { image: 'a' }],
    ['image', { customImage: 'a' }],
    ['cpu', { cpu: '1' }],
    ['cpu', { cpuLimit: '9' }],
    ['gpus', { gpus: { num: 'none' } }],
    ['workspaceVolume', { workspace: null }],
    ['dataVolumes', { datavols: [] }],
    ['shm', { shm: true }],
    ['environment', { environment: {} }],
  ] as const)('may not fill in what is fixed: %s by %o', (field, form) => {
    const fixed = with_((changed) => {
      changed[field].readOnly = true
    })
    const [name] = Object.keys(form)
    expect(faultOf(() => make(form, fixed))).toContain(`${name}: '${name}' is readonly but a value was provided`)
    expect(make({}, fixed).notebook.metadata.name).toBe('lab')
  })

  it('says what to do where its new volume is there already', () => {
    const taken = { ...facts, claims: ['lab-workspace'] }
    expect(faultOf(() => spawned(config, SpawnForm.parse({ name: 'lab' }), taken))).toContain(
      'workspace.newPvc.metadata.name: The volume lab-workspace is there already',
    )
  })
})

const made = make({ gpus: { num: 1, vendor: 'nvidia.com/gpu' } }).notebook

describe('another size', () => {
  it('keeps what is not said, and gives a new request a new limit', () => {
    expect(resized(config, made, { memory: '2Gi' })).toEqual({
      requests: { cpu: '0.5', memory: '2Gi' },
      limits: { cpu: '0.6', memory: '2.4Gi', 'nvidia.com/gpu': '1' },
    })
    expect(resized(config, made, { gpus: { num: 'none' } }).limits).toEqual({ cpu: '0.6', memory: '1.2Gi' })
  })
})

describe('a clone', () => {
  it('has its own name, home and creator, and shares the rest', () => {
    const home: Claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'lab-workspace', namespace: 'red' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '7Gi' } } },
    }
    const source = structuredClone(made)
    Object.assign(source.metadata.annotations ?? {}, {
      'kubeflow-resource-stopped': 'now',
      'keelson.dev/cull-at': 'now',
    })
    const { notebook, claims } = cloned(source, [home], { name: 'twin', creator: 'bob@example.com' })
    expect(notebook.metadata).toMatchObject({ name: 'twin', labels: { app: 'twin' } })
    expect(notebook.metadata.annotations).toEqual({
      'notebooks.kubeflow.org/creator': 'bob@example.com',
      'notebooks.kubeflow.org/server-type': 'jupyter',
    })
    expect(claims.map(({ metadata, spec }) => [metadata.name, spec])).toEqual([['twin-workspace', home.spec]])
    expect(podOf(notebook)).toMatchObject({
      volumes: [{ persistentVolumeClaim: { claimName: 'twin-workspace' } }, { name: 'dshm' }],
      containers: [{ name: 'twin', image: config.image.value }],
    })
  })
})

describe('the state of a notebook', () => {
  const now = new Date('2026-05-01T10:00:00Z')
  const at = (metadata: object, status?: object): Notebook => ({
    ...made,
    metadata: { ...made.metadata, creationTimestamp: '2026-05-01T09:00:00Z', annotations: {}, ...metadata },
    ...(status === undefined ? {} : { status: { conditions: [], readyReplicas: 0, containerState: {}, ...status } }),
  })
  const stopped = { annotations: { 'kubeflow-resource-stopped': '2026-05-01T09:30:00Z' } }
  const unschedulable = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message: '0/1 nodes are available: 1 Insufficient cpu',
  }
  const pull = { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } }

  it.each([
    [
      'new',
      at({ creationTimestamp: '2026-05-01T09:59:55Z' }),
      'waiting Waiting for StatefulSet',
      'pending Starting null',
    ],
    ['stopped', at(stopped, {}), 'stopped No Pods', 'stopped null null'],
    ['stopping', at(stopped, { readyReplicas: 1 }), 'waiting Notebook Server is stopping.', 'pending Stopping It is'],
    ['going', at({ deletionTimestamp: '2026-05-01T09:59:00Z' }, {}), 'terminating Deleting', 'pending Terminating It'],
    ['ready', at({}, { readyReplicas: 1 }), 'ready Running', 'ready null null'],
    [
      'beginning',
      at({}, { containerState: { waiting: { reason: 'PodInitializing' } } }),
      'waiting PodInitializing',
      'pending Starting null',
    ],
    [
      'without its image',
      at({}, { containerState: pull }),
      'warning ImagePullBackOff: no such image',
      'failed ImagePullBackOff no such image. Choose another image, or correct its name.',
    ],
    [
      'without a place',
      at({}, { conditions: [unschedulable] }),
      'warning Unschedulable: 0/1 nodes',
      'pending Unschedulable 0/1 nodes are available: 1 Insufficient cpu. No machine has room for it',
    ],
    [
      'killed',
      at({}, { containerState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }),
      'warning told by an event',
      'failed OOMKilled The server ended with exit code 137. It used more memory',
    ],
  ])('%s', (_what, notebook, upstreams, ours) => {
    const { phase, message } = phaseOf(notebook, [{ message: 'told by an event' }], now)
    expect(`${phase} ${message}`).toContain(upstreams)
    const { status, reason, message: said } = statusOf(notebook)
    expect(`${status} ${reason} ${said}`).toContain(ours)
  })
})
