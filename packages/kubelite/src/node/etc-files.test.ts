import { expect, it } from 'vitest'
import { resolvConf } from './etc-files.ts'
import type { Pod, PodSpec } from './types.ts'

const pod = (spec: Partial<PodSpec>): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [], ...spec },
})
const machine = '# of the machine\nnameserver 1.1.1.1\nsearch old\nsearch home lan\noptions ndots:1 rotate\n'

it('adds to what the machine has, each thing once', () => {
  const dnsConfig = {
    nameservers: ['1.1.1.1', '9.9.9.9'],
    searches: ['lan', 'x.example'],
    options: [{ name: 'ndots', value: '5' }, { name: 'edns0' }],
  }
  expect(resolvConf(pod({ dnsPolicy: 'Default', dnsConfig }), machine)).toBe(
    'search home lan x.example\nnameserver 1.1.1.1\nnameserver 9.9.9.9\noptions ndots:5 rotate edns0\n',
  )
})

it('takes nothing of the machine with the policy None', () => {
  expect(resolvConf(pod({ dnsPolicy: 'None', dnsConfig: { nameservers: ['9.9.9.9'] } }), machine)).toBe(
    'nameserver 9.9.9.9\n',
  )
})
