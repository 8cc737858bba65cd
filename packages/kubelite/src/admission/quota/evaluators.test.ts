import type { KubeObject } from '@keelson/contracts/kubernetes'
import { expect, test } from 'vitest'
import { builtinResources } from '../../registry/builtin-kinds.ts'
import type { Resource } from '../../registry/resource.ts'
import { writeList } from '../resource-list.ts'
import { evaluatorFor } from './evaluators.ts'

const now = new Date('2026-01-01T00:00:00Z')
const [anyResource] = builtinResources as readonly [Resource, ...Resource[]]
const resource = (plural: string, group = ''): Resource => ({
  ...anyResource,
  group,
  plural,
  namespaced: true,
  virtual: false,
})
const usage = (plural: string, object: object) =>
  writeList(evaluatorFor(resource(plural))?.usage({ metadata: {}, ...object } as KubeObject, now) ?? new Map())

test('a claim counts by storage, in whole bytes, and under its class', () => {
  const spec = { storageClassName: 'fast', resources: { requests: { storage: '1.5' } } }
  expect(usage('persistentvolumeclaims', { spec })).toEqual({
    'count/persistentvolumeclaims': '1',
    'fast.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
    'fast.storageclass.storage.k8s.io/requests.storage': '2',
    persistentvolumeclaims: '1',
    'requests.storage': '2',
  })
})

test('a claim that was given more counts as that', () => {
  const spec = { resources: { requests: { storage: '1Gi' } } }
  const status = { allocatedResources: { storage: '2Gi' } }
  expect(usage('persistentvolumeclaims', { spec, status })['requests.storage']).toBe('2Gi')
})

test('a load balancer counts itself and its node ports, unless it has none', () => {
  const service = (allocateLoadBalancerNodePorts: boolean) => ({
    spec: { type: 'LoadBalancer', allocateLoadBalancerNodePorts, ports: [{ port: 1 }, { port: 2, nodePort: 30_000 }] },
  })
  expect(usage('services', service(true))).toMatchObject({ 'services.nodeports': '2', 'services.loadbalancers': '1' })
  expect(usage('services', service(false))).toMatchObject({ 'services.nodeports': '1' })
})

test("pod-level resources take the place of the containers', and overhead comes on top", () => {
  const spec = {
    resources: { requests: { cpu: '2' } },
    overhead: { cpu: '250m', memory: '1Mi' },
    containers: [{ resources: { requests: { cpu: '500m', memory: '1Gi' } } }],
  }
  expect(usage('pods', { spec })).toMatchObject({ 'requests.cpu': '2250m', 'requests.memory': '1025Mi', pods: '1' })
})

test('a pod long past its grace holds nothing but its place', () => {
  const metadata = { deletionTimestamp: '2025-12-31T23:00:00Z', deletionGracePeriodSeconds: 30 }
  expect(usage('pods', { metadata, spec: { containers: [] } })).toEqual({ 'count/pods': '1' })
})

test('events and what has no namespace are not counted', () => {
  expect(evaluatorFor(resource('events'))).toBeUndefined()
  expect(evaluatorFor({ ...resource('nodes'), namespaced: false })).toBeUndefined()
  expect(evaluatorFor(resource('jobs', 'batch'))?.matching(['count/jobs.batch', 'count/jobs', 'pods'])).toEqual([
    'count/jobs.batch',
  ])
})
