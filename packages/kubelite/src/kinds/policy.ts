/** PodDisruptionBudget and PriorityClass (k8s.io/kubernetes/pkg/apis/policy and …/scheduling). */
import { forbiddenField, immutable, intOrPercent, invalidValue, notSupported } from './field-errors.ts'
import type { KindRules } from './kind-rules.ts'
import { specOf } from './templates.ts'

const budget: KindRules = {
  prepare: (object) => {
    object.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }
  },
  validate: (object) => {
    const spec = specOf(object)
    const both = spec.minAvailable !== undefined && spec.maxUnavailable !== undefined
    const policies = ['AlwaysAllow', 'IfHealthyBudget']
    const { unhealthyPodEvictionPolicy: policy } = spec
    return [
      ...(both ? [invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set')] : []),
      ...intOrPercent('spec.minAvailable', spec.minAvailable),
      ...intOrPercent('spec.maxUnavailable', spec.maxUnavailable),
      ...(policy === undefined || policies.includes(String(policy))
        ? []
        : [notSupported('spec.unhealthyPodEvictionPolicy', policy, policies)]),
    ]
  },
}

/** What a new cluster has, and only it may have. */
export const systemPriorityClasses = [
  {
    metadata: { name: 'system-cluster-critical' },
    value: 2_000_000_000,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
  {
    metadata: { name: 'system-node-critical' },
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
] as const
const highestUserPriority = 1_000_000_000

const priorityClass: KindRules = {
  defaults: (object) => {
    object.preemptionPolicy ??= 'PreemptLowerPriority'
  },
  validate: (object) => {
    const { name = '' } = object.metadata
    const known = systemPriorityClasses.find((each) => each.metadata.name === name)
    const isSystem = known !== undefined && known.value === object.value && object.globalDefault !== true
    const errors = []
    if (name.startsWith('system-') && !isSystem) {
      const why =
        known === undefined
          ? `${name} is not a known system priority class`
          : known.value === object.value
            ? `globalDefault of ${name} PriorityClass must be false`
            : `value of ${name} PriorityClass must be ${known.value}`
      errors.push(
        forbiddenField(
          'metadata.name',
          `priority class names with 'system-' prefix are reserved for system use only. error: ${why}`,
        ),
      )
    } else if (!isSystem && Number(object.value) > highestUserPriority)
      errors.push(forbiddenField('value', `maximum allowed value of a user defined priority is ${highestUserPriority}`))
    const policies = ['PreemptLowerPriority', 'Never']
    if (!policies.includes(String(object.preemptionPolicy)))
      errors.push(notSupported('preemptionPolicy', object.preemptionPolicy, policies))
    return errors
  },
  validateUpdate: (object, old) => [
    ...(object.value === old.value ? [] : [forbiddenField('value', 'may not be changed in an update.')]),
    ...immutable(object, old, ['preemptionPolicy'], ''),
  ],
}

export const policyRules: Readonly<Record<string, KindRules>> = {
  PodDisruptionBudget: budget,
  PriorityClass: priorityClass,
}
