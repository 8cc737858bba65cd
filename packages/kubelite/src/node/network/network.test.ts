import { describe, expect, it } from 'vitest'
import type { EndpointSlice, Service } from '../../controllers/endpoint-slice.ts'
import type { Pod } from '../types.ts'
import { hostsFile, serviceLines } from './hosts-file.ts'
import { podLinkName } from './links.ts'
import { choosePodAddress, chooseRange, isFree, isInRange, nodeAddress } from './range.ts'
import { type RuleInput, ruleset } from './ruleset.ts'

const identity = { id: 'abcdef', range: '10.86.4.0/22' }
const pod = (name: string, spec: Partial<Pod['spec']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'team' },
  spec: { containers: [], ...spec },
})
const service = (name: string, spec: Service['spec'], namespace = 'team'): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec,
})
type End = { ip: string; ready?: boolean; hostname?: string }
const slice = (of: string, ends: End[], port = 8888, name = ''): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `${of}-1`, namespace: 'team', labels: { 'kubernetes.io/service-name': of } },
  addressType: 'IPv4',
  endpoints: ends.map(({ ip, ready = true, hostname }) => ({
    addresses: [ip],
    conditions: { ready, serving: ready, terminating: false },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: { kind: 'Pod', namespace: 'team', name: ip, uid: ip },
  })),
  ports: [{ name, port, protocol: 'TCP' }],
})
const rules = (more: Partial<RuleInput>) =>
  ruleset({ identity, services: [], slices: [], pods: [], apiPort: 6443, doors: [7700], forwards: false, ...more })

describe('ranges', () => {
  it('takes the block that nothing of the machine overlaps', () => {
    const all = Array.from({ length: 128 }, (_, index) => `10.${86 + Math.floor(index / 64)}.${(index % 64) * 4}.0/22`)
    for (const free of ['10.86.0.0/22', '10.87.252.0/22']) {
      const taken = ['default', '0.0.0.0/0', '127.0.0.0/8', ...all.filter((range) => range !== free)]
      expect(chooseRange('any', taken)).toBe(free)
    }
    expect(chooseRange('any', all)).toBeNull()
    expect(chooseRange('any', ['10.86.0.0/15'])).toBeNull()
  })
  it('sees a single address and a larger net', () => {
    expect(isFree('10.86.4.0/22', ['10.86.7.255'])).toBe(false)
    expect(isFree('10.86.4.0/22', ['10.86.8.0', '10.86.3.255'])).toBe(true)
    expect(isFree('10.86.4.0/22', ['10.0.0.0/8'])).toBe(false)
  })
  it('gives every pod another address until none is left, and never the node’s', () => {
    const used = new Set<string>()
    for (let index = 0; ; index += 1) {
      const address = choosePodAddress(identity.range, `uid-${index}`, used)
      if (address === null) break
      expect(used.has(address) || !isInRange(address, identity.range)).toBe(false)
      used.add(address)
    }
    expect(used.size).toBe(1019)
    expect(used.has(nodeAddress(identity.range)) || used.has('10.86.7.255')).toBe(false)
    const names = [...used].map((address) => podLinkName(identity, address))
    expect(new Set(names).size).toBe(used.size)
    expect(Math.max(...names.map((name) => name.length))).toBeLessThanOrEqual(15)
  })
})

describe('rules', () => {
  const web = service('web', { clusterIP: '10.96.3.4', ports: [{ port: 80, targetPort: 8888 }] })
  it('spread a Service over its ready endpoints, each once', () => {
    const slices = [slice('web', [{ ip: '10.86.4.9' }, { ip: '10.86.4.5' }, { ip: '10.86.4.7', ready: false }])]
    expect(rules({ services: [web], slices: [...slices, ...slices] })).toContain(
      'ip daddr 10.96.3.4 tcp dport 80 dnat ip to numgen inc mod 2 map { 0 : 10.86.4.5 . 8888, 1 : 10.86.4.9 . 8888 }',
    )
  })
  it('keep a client at its endpoint where the Service asks for it', () => {
    const sticky = service('web', { ...web.spec, sessionAffinity: 'ClientIP' })
    expect(rules({ services: [sticky], slices: [slice('web', [{ ip: '10.86.4.5' }])] })).toContain(
      'jhash ip saddr mod 1',
    )
  })
  it('take no address of the host’s loopback, its own link, or of many', () => {
    const bad = [
      '127.0.0.1',
      '127.9.9.9',
      '0.0.0.0',
      '169.254.1.1',
      '224.0.0.1',
      '255.255.255.255',
      '1; drop',
      'fe80::1',
    ]
    const text = rules({
      services: [web],
      slices: [
        slice(
          'web',
          bad.map((ip) => ({ ip })),
        ),
      ],
    })
    expect(text).not.toContain('10.96.3.4')
  })
  it('lead no address outside of the Services’ own astray, nor the API server’s', () => {
    for (const clusterIP of ['8.8.8.8', '10.97.0.1', '10.96.0.1', 'None']) {
      const text = rules({
        services: [service('web', { ...web.spec, clusterIP })],
        slices: [slice('web', [{ ip: '10.86.4.5' }])],
      })
      expect(text).not.toContain('10.86.4.5')
    }
  })
  it('match a named port with the slice’s port of that name alone', () => {
    const named = service('web', { clusterIP: '10.96.3.4', ports: [{ name: 'http', port: 80 }] })
    const slices = [slice('web', [{ ip: '10.86.4.5' }], 1, 'other'), slice('web', [{ ip: '10.86.4.6' }], 2, 'http')]
    expect(rules({ services: [named], slices })).toContain('mod 1 map { 0 : 10.86.4.6 . 2 }')
  })
  it('ignore what another namespace says about a Service of the same name', () => {
    const other = slice('web', [{ ip: '10.86.4.5' }])
    expect(
      rules({ services: [web], slices: [{ ...other, metadata: { ...other.metadata, namespace: 'x' } }] }),
    ).not.toContain('10.96.3.4')
  })
  it('let pods out only where the machine forwards', () => {
    expect(rules({})).toContain('reject with icmp type net-unreachable')
    expect(rules({ forwards: true })).not.toContain('net-unreachable')
  })
})

describe('the hosts file', () => {
  const lines = (services: Service[], slices: EndpointSlice[], from = 'team') =>
    serviceLines({ services, slices }, from)
  it('names a Service in every form, the shortest in its own namespace', () => {
    const web = service('web', { clusterIP: '10.96.3.4' })
    expect(lines([web], [])).toContain('10.96.3.4\tweb.team.svc.cluster.local web.team.svc web.team web')
    expect(lines([web], [], 'other')).toContain('10.96.3.4\tweb.team.svc.cluster.local web.team.svc web.team')
  })
  it('names the ready pods of a headless Service, by their host names too', () => {
    const db = service('db', { clusterIP: 'None' })
    const ends = [{ ip: '10.86.4.5', hostname: 'db-0' }, { ip: '10.86.4.6' }, { ip: '10.86.4.7', ready: false }]
    expect(lines([db], [slice('db', ends)]).filter((line) => !line.includes('kubernetes'))).toEqual([
      '10.86.4.5\tdb-0.db.team.svc.cluster.local db-0.db.team.svc db-0.db.team db-0.db db.team.svc.cluster.local db.team.svc db.team db',
      '10.86.4.6\tdb.team.svc.cluster.local db.team.svc db.team db',
    ])
  })
  it('takes no line from an EndpointSlice that somebody wrote', () => {
    const db = service('db', { clusterIP: 'None' })
    const ends = [
      { ip: '10.86.4.5', hostname: 'a\n6.6.6.6 pypi.org' },
      { ip: '10.86.4.6 pypi.org' },
      { ip: '127.0.0.1', hostname: 'b' },
    ]
    const text = lines([db], [slice('db', ends)]).join('\n')
    expect(text).not.toMatch(/pypi|127\.0\.0\.1/)
    expect(text.split('\n')).toHaveLength(2)
  })
  it('begins as the kubelet’s own', () => {
    const spec = {
      hostname: 'one',
      subdomain: 'web',
      hostAliases: [{ ip: '10.1.2.3', hostnames: ['a.local', 'b.local'] }],
    }
    const text = hostsFile(pod('pod', spec), '10.86.4.5', [])
    // What a kubelet v1.36.3 wrote for such a pod, with the domain that its configuration left out.
    expect(
      text.startsWith(
        '# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n10.86.4.5\tone.web.team.svc.cluster.local\tone\n\n# Entries added by HostAliases.\n10.1.2.3\ta.local\tb.local\n',
      ),
    ).toBe(true)
    expect(hostsFile(pod('plain'), '10.86.4.5', [])).toContain('\n10.86.4.5\tplain\n')
  })
})
