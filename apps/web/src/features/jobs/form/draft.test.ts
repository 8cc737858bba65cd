import { trainingFrameworks } from '@keelson/contracts/training-frameworks'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { jobYaml, trainingYaml } from '@/features/snippets.ts'
import { type Draft, readDraft } from './draft.ts'
import { copyToAll, setName, setPolicy, setReplicas, setType, toKind } from './write-draft.ts'

const read = (yaml: string): Draft => {
  const draft = readDraft(yaml)
  if ('fault' in draft) throw new Error(draft.fault)
  return draft
}
const framework = (kind: string) => {
  const found = trainingFrameworks.find((one) => one.kind === kind)
  if (!found) throw new Error(kind)
  return found
}

describe('reading', () => {
  it.each(['Job', ...trainingFrameworks.map(({ kind }) => kind)])(
    'the skeleton of a %s holds nothing beyond the form',
    (kind) => {
      const yaml = kind === 'Job' ? jobYaml('telco') : trainingYaml('telco', framework(kind))
      const draft = read(yaml)
      expect(draft.beyond).toEqual([])
      expect(draft.types.length).toBeGreaterThan(0)
      expect(draft.types[0]?.runs.how).toBe('python')
    },
  )

  it('names what it does not show', () => {
    const yaml = jobYaml('telco').replace(
      '      restartPolicy: Never',
      '      restartPolicy: Never\n      nodeSelector: { zone: a }\n      hostIPC: false',
    )
    expect(read(yaml).beyond).toEqual(['spec.template.spec.nodeSelector.zone', 'spec.template.spec.hostIPC'])
  })

  it.each(['a: [', 'just text', 'kind: Secret', ''])('%j is left to the YAML', (yaml) =>
    expect(readDraft(yaml)).toHaveProperty('fault'),
  )

  it('variables from secrets, parts of volumes and odd limits are beyond it', () => {
    const container = `{ name: main, image: x, command: [a, b], resources: { requests: { cpu: 1 }, limits: { cpu: 2 } },
      env: [{ name: A, value: "1" }, { name: S, valueFrom: { secretKeyRef: { name: s, key: k } } }],
      volumeMounts: [{ name: v, mountPath: /v }, { name: v, mountPath: /w, subPath: w }] }`
    const yaml = `apiVersion: batch/v1
kind: Job
metadata: { name: j }
spec: { template: { spec: { containers: [${container}], volumes: [{ name: v, persistentVolumeClaim: { claimName: c } }] } } }
`
    const draft = read(yaml)
    expect(draft.types[0]).toMatchObject({
      runs: { how: 'words', text: 'a\nb' },
      cpu: '1',
      variables: [{ name: 'A', value: '1' }],
      volumes: [{ claim: 'c', mountPath: '/v' }],
    })
    expect(draft.beyond).toEqual(
      [
        'resources.requests.cpu',
        'resources.limits.cpu',
        'env[1].name',
        'env[1].valueFrom.secretKeyRef.name',
        'env[1].valueFrom.secretKeyRef.key',
      ]
        .concat('volumeMounts[1].name', 'volumeMounts[1].mountPath', 'volumeMounts[1].subPath')
        .map((path) => `spec.template.spec.containers[0].${path}`),
    )
    const changed = read(setType(yaml, 'Job', '', { volumes: [], variables: [] }))
    expect(changed.types[0]).toMatchObject({ variables: [], volumes: [] })
    expect(changed.beyond).toContain('spec.template.spec.containers[0].volumeMounts[0].subPath')
    expect(changed.beyond).toContain('spec.template.spec.volumes[0].persistentVolumeClaim.claimName')
  })
})

describe('writing', () => {
  it('keeps comments and what it does not know, and reads back what it wrote', () => {
    const before = `# mine\n${jobYaml('telco')}`.replace(
      '  backoffLimit: 1',
      '  backoffLimit: 1 # twice\n  podReplacementPolicy: Failed',
    )
    const change = {
      image: 'busybox',
      runs: { how: 'shell' as const, text: 'echo one\necho two\n' },
      cpu: '500m',
      memory: '1Gi',
      device: { name: 'nvidia.com/gpu', count: '2' },
      variables: [{ name: 'A', value: 'yes' }],
      hasClients: true,
      volumes: [
        { claim: 'data', mountPath: '/data' },
        { claim: 'data', mountPath: '/again' },
      ],
      replicas: '4',
      restartPolicy: 'OnFailure',
    }
    const yaml = setType(setName(before, 'other'), 'Job', '', change)
    expect(yaml).toContain('# mine')
    expect(yaml).toContain('# twice')
    const draft = read(yaml)
    const { device, ...same } = change
    expect(draft).toMatchObject({ name: 'other', beyond: ['spec.podReplacementPolicy'] })
    expect(draft.types[0]).toMatchObject({ ...same, device: device.name, devices: device.count })
    const [container] = (parse(yaml) as { spec: { template: { spec: { containers: object[] } } } }).spec.template.spec
      .containers
    expect(container).toMatchObject({
      command: ['sh', '-c'],
      args: ['echo one\necho two\n'],
      env: [{ name: 'A', value: 'yes' }],
      envFrom: [{ configMapRef: { name: 'keelson' } }],
      resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { 'nvidia.com/gpu': 2 } },
    })
    const bare = { cpu: '', memory: '', device: { name: '', count: '' }, variables: [], hasClients: false, volumes: [] }
    const cleared = setType(yaml, 'Job', '', bare)
    expect(cleared).not.toMatch(/resources|env|volume/)
  })

  it('a policy’s fields come and go, with the part that held them', () => {
    const yaml = setPolicy(trainingYaml('telco', framework('TFJob')), 'TFJob', {
      backoffLimit: '3',
      cleanPodPolicy: '',
    })
    expect(parse(yaml).spec.runPolicy).toEqual({ backoffLimit: 3 })
    expect(parse(setPolicy(yaml, 'TFJob', { backoffLimit: '' })).spec.runPolicy).toBeUndefined()
    expect(parse(setPolicy(yaml, 'TFJob', { backoffLimit: 'x' })).spec.runPolicy).toEqual({ backoffLimit: 'x' })
  })

  it('a new type is a copy of the first; the last one cannot go', () => {
    const yaml = trainingYaml('telco', framework('TFJob'))
    const chief = setReplicas(yaml, read(yaml), 'Chief', '1')
    expect(read(chief).types.map(({ type, replicas, image }) => [type, replicas, image])).toEqual([
      ['Chief', '1', 'keelson/python:1'],
      ['PS', '1', 'keelson/python:1'],
      ['Worker', '1', 'keelson/python:1'],
    ])
    const one = ['Chief', 'PS'].reduce((text, type) => setReplicas(text, read(text), type, ''), chief)
    expect(read(setReplicas(one, read(one), 'Worker', '')).types.map(({ type }) => type)).toEqual(['Worker'])
  })

  it('one container for all, and another kind around it', () => {
    const yaml = trainingYaml('telco', framework('TFJob'))
    const changed = setType(yaml, 'TFJob', 'PS', { image: 'mine', variables: [{ name: 'A', value: '1' }] })
    const draft = read(changed)
    const [ps] = draft.types
    const all = ps ? copyToAll(changed, draft, ps) : ''
    expect(read(all).types.map(({ image, variables }) => [image, variables.length])).toEqual([
      ['mine', 1],
      ['mine', 1],
    ])
    const torch = read(toKind(trainingYaml('telco', framework('PyTorchJob')), read(all)))
    expect([torch.kind, torch.name, torch.beyond]).toEqual(['PyTorchJob', 'hello-tensorflow', []])
    expect(torch.types.map(({ type, image }) => [type, image])).toEqual([
      ['Master', 'mine'],
      ['Worker', 'mine'],
    ])
  })
})
