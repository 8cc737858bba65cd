import { describe, expect, it } from 'vitest'
import type { Pod } from '../node/types.ts'
import { desiredSlices, type Service } from './endpoint-slice.ts'

const service = (spec: Partial<Service['spec']> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 's', namespace: 'd', uid: 'u' },
  spec: { selector: { a: 'b' }, ports: [{ name: 'http', port: 80, targetPort: 'web' }], ...spec },
})
const pod = (
  name: string,
  ip: string | undefined,
  options: { ready?: boolean; port?: number; phase?: 'Running' | 'Succeeded'; deleted?: boolean } = {},
): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'd', uid: name, ...(options.deleted ? { deletionTimestamp: 'now' } : {}) },
  spec: { nodeName: 'n', containers: [{ name: 'c', ports: [{ name: 'web', containerPort: options.port ?? 8080 }] }] },
  status: {
    phase: options.phase ?? 'Running',
    ...(ip ? { podIP: ip } : {}),
    conditions: [{ type: 'Ready', status: options.ready === false ? 'False' : 'True' }],
  },
})
const shown = (slices: ReturnType<typeof desiredSlices>) =>
  slices.map((slice) => [
    slice.ports.map((port) => port.port),
    slice.endpoints.map((endpoint) => `${endpoint.addresses[0]} ${endpoint.conditions.ready}`),
  ])

describe('desiredSlices', () => {
  it('lists who serves and who of them is ready', () => {
    expect(
      shown(
        desiredSlices(service(), [
          pod('b', '127.0.0.3', { ready: false }),
          pod('a', '127.0.0.2'),
          pod('c', undefined),
          pod('d', '127.0.0.4', { phase: 'Succeeded' }),
        ]),
      ),
    ).toEqual([[[8080], ['127.0.0.2 true', '127.0.0.3 false']]])
  })

  it('takes a pod that ends out, and a not ready one in when that is wished', () => {
    expect(desiredSlices(service(), [pod('a', '127.0.0.2', { deleted: true })])[0]?.endpoints[0]?.conditions).toEqual({
      ready: false,
      serving: true,
      terminating: true,
    })
    expect(
      shown(desiredSlices(service({ publishNotReadyAddresses: true }), [pod('a', '127.0.0.2', { ready: false })])),
    ).toEqual([[[8080], ['127.0.0.2 true']]])
  })

  it('makes one slice for each set of port numbers, and an empty one when nobody serves', () => {
    const two = desiredSlices(service(), [pod('a', '127.0.0.2'), pod('b', '127.0.0.3', { port: 9090 })])
    expect(shown(two)).toEqual([
      [[8080], ['127.0.0.2 true']],
      [[9090], ['127.0.0.3 true']],
    ])
    expect(new Set(two.map((slice) => slice.metadata.name)).size).toBe(2)
    expect(shown(desiredSlices(service(), []))).toEqual([[[], []]])
    expect(
      desiredSlices(service({ clusterIP: 'None', ports: [] }), [pod('a', '127.0.0.2')])[0]?.metadata.labels,
    ).toHaveProperty('service.kubernetes.io/headless')
  })

  it('names a pod that asks for a name below this Service, and no other', () => {
    const asks = (subdomain: string, hostname?: string) => {
      const plain = pod('a', '127.0.0.2')
      return { ...plain, spec: { ...plain.spec, subdomain, ...(hostname === undefined ? {} : { hostname }) } }
    }
    const nameOf = (each: Pod) => desiredSlices(service(), [each])[0]?.endpoints[0]?.hostname
    expect([nameOf(asks('s', 'one')), nameOf(asks('t', 'one')), nameOf(asks('s'))]).toEqual([
      'one',
      undefined,
      undefined,
    ])
  })
})
