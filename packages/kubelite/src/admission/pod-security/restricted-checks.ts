/** The checks that only the level `restricted` has. */
import { isObject, type JsonObject } from '../../schema/node.ts'
import { objectsIn } from '../plugin.ts'
import {
  badSeccomp,
  type Check,
  capabilitiesOf,
  containersOf,
  contextOf,
  forbiddenAdds,
  inUserNamespace,
  named,
  type PodLike,
  plural,
  procMount,
  quoted,
  settersOf,
  type Violation,
} from './checks.ts'

const isWindows = ({ spec }: PodLike): boolean => isObject(spec.os) && spec.os.name === 'windows'

function privilegeEscalation({ spec }: PodLike): Violation | undefined {
  const bad = containersOf(spec).filter((container) => contextOf(container).allowPrivilegeEscalation !== false)
  if (bad.length === 0) return undefined
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${named('container', bad)} must set securityContext.allowPrivilegeEscalation=false`,
  }
}

function capabilities(pod: PodLike): Violation | undefined {
  const keeping = containersOf(pod.spec).filter((container) => !capabilitiesOf(container, 'drop').includes('ALL'))
  const details = [
    ...(keeping.length > 0
      ? [`${named('container', keeping)} must set securityContext.capabilities.drop=["ALL"]`]
      : []),
    ...[forbiddenAdds(pod, new Set(['NET_BIND_SERVICE']))].filter((text) => text !== undefined),
  ]
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') }
}

const allowedVolumes = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
])

function volumes({ spec }: PodLike): Violation | undefined {
  const typeOf = (volume: JsonObject) => Object.keys(volume).find((key) => key !== 'name') ?? 'unknown'
  const bad = objectsIn(spec.volumes).filter((volume) => !Object.keys(volume).some((key) => allowedVolumes.has(key)))
  if (bad.length === 0) return undefined
  const types = [...new Set(bad.map(typeOf))].sort()
  return {
    reason: 'restricted volume types',
    detail: `${named('volume', bad)} ${bad.length === 1 ? 'uses' : 'use'} ${plural('restricted volume type', types.length)} ${quoted(types)}`,
  }
}

/** The containers that neither set something themselves nor have it from the pod. */
function unset(pod: PodLike, isSet: (holder: JsonObject) => boolean): JsonObject[] {
  return isSet(pod.spec) ? [] : containersOf(pod.spec).filter((container) => !isSet(container))
}

function nonRoot(pod: PodLike): Violation | undefined {
  const reason = 'runAsNonRoot != true'
  const setters = settersOf(pod, (holder) => contextOf(holder).runAsNonRoot === false)
  if (setters !== undefined) return { reason, detail: `${setters} must not set securityContext.runAsNonRoot=false` }
  const bad = unset(pod, (holder) => contextOf(holder).runAsNonRoot === true)
  if (bad.length === 0) return undefined
  return { reason, detail: `pod or ${named('container', bad)} must set securityContext.runAsNonRoot=true` }
}

function runAsUser(pod: PodLike): Violation | undefined {
  const setters = settersOf(pod, (holder) => contextOf(holder).runAsUser === 0)
  return setters === undefined ? undefined : { reason: 'runAsUser=0', detail: `${setters} must not set runAsUser=0` }
}

function seccomp(pod: PodLike): Violation | undefined {
  const explicit = badSeccomp(pod)
  if (explicit !== undefined) return explicit
  const bad = unset(pod, (holder) => isObject(contextOf(holder).seccompProfile))
  if (bad.length === 0) return undefined
  return {
    reason: 'seccompProfile',
    detail: `pod or ${named('container', bad)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  }
}

/** In the order of their ids. */
export function restrictedChecks(minor: number): readonly Check[] {
  const unless = (exempt: boolean, is: (pod: PodLike) => boolean, run: Check['run']): Check['run'] =>
    exempt ? (pod) => (is(pod) ? undefined : run(pod)) : run
  const unlessWindows = (run: Check['run']) => unless(minor >= 25, isWindows, run)
  const unlessOwnUsers = (run: Check['run']) => unless(minor >= 35, inUserNamespace, run)
  return [
    { id: 'allowPrivilegeEscalation', since: 8, run: unlessWindows(privilegeEscalation) },
    {
      id: 'capabilities_restricted',
      since: 22,
      overrides: 'capabilities_baseline',
      run: unlessWindows(capabilities),
    },
    { id: 'procMount_restricted', since: 35, overrides: 'procMount', run: procMount },
    { id: 'restrictedVolumes', overrides: 'hostPathVolumes', run: volumes },
    { id: 'runAsNonRoot', run: unlessOwnUsers(nonRoot) },
    { id: 'runAsUser', since: 23, run: unlessOwnUsers(runAsUser) },
    { id: 'seccompProfile_restricted', since: 19, overrides: 'seccompProfile_baseline', run: unlessWindows(seccomp) },
  ]
}
