import { expect, test } from 'vitest'
import { readPolicy } from './policy.ts'
import { violationsOf } from './violations.ts'

const latest = Number.POSITIVE_INFINITY
const reasons = (level: 'baseline' | 'restricted', minor: number, spec: object, annotations = {}) =>
  violationsOf({ level, minor }, { annotations, spec: { containers: [{ name: 'c' }], ...spec } }).map(
    (one) => one.reason,
  )

test('a check applies from its version on', () => {
  const sysctl = { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem', value: '1' }] } }
  expect(reasons('baseline', 31, sysctl)).toEqual(['forbidden sysctls'])
  expect(reasons('baseline', 32, sysctl)).toEqual([])
  const engine = { securityContext: { seLinuxOptions: { type: 'container_engine_t' } } }
  expect(reasons('baseline', 30, engine)).toEqual(['seLinuxOptions'])
  expect(reasons('baseline', 31, engine)).toEqual([])
  const probe = { containers: [{ name: 'c', livenessProbe: { tcpSocket: { host: 'x' } } }] }
  expect(reasons('baseline', 33, probe)).toEqual([])
  expect(reasons('baseline', 34, probe)).toEqual(['probe or lifecycle host'])
})

test('before v1.19 seccomp is an annotation', () => {
  const annotations = { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' }
  expect(reasons('baseline', 18, {}, annotations)).toEqual(['seccompProfile'])
  expect(reasons('baseline', latest, {}, annotations)).toEqual([])
})

test('Windows pods need not say what Linux ones must', () => {
  const spec = { os: { name: 'windows' }, securityContext: { runAsNonRoot: true } }
  expect(reasons('restricted', latest, spec)).toEqual([])
  expect(reasons('restricted', 24, spec)).toEqual([
    'allowPrivilegeEscalation != false',
    'unrestricted capabilities',
    'seccompProfile',
  ])
})

test('a pod with its own users may be root from v1.35 on', () => {
  const spec = { hostUsers: false, securityContext: { runAsUser: 0 } }
  expect(reasons('restricted', 34, spec)).toContain('runAsUser=0')
  expect(reasons('restricted', 35, spec)).not.toContain('runAsUser=0')
})

test('init and ephemeral containers are looked at too', () => {
  const bad = { securityContext: { privileged: true } }
  const spec = { initContainers: [{ name: 'i', ...bad }], ephemeralContainers: [{ name: 'e', ...bad }] }
  const [violation] = violationsOf({ level: 'baseline', minor: latest }, { annotations: {}, spec })
  expect(violation?.detail).toBe('containers "i", "e" must not set securityContext.privileged=true')
})

test('labels that cannot be read enforce the strictest, and warn of nothing', () => {
  const prefix = 'pod-security.kubernetes.io/'
  const { policy, errors } = readPolicy({
    [`${prefix}enforce`]: 'x',
    [`${prefix}warn`]: 'y',
    [`${prefix}audit-version`]: 'z',
  })
  expect([policy.enforce.level, policy.warn.level, errors.length]).toEqual(['restricted', 'privileged', 3])
})
