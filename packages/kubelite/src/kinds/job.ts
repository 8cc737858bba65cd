/** Job (k8s.io/kubernetes/pkg/apis/batch). */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { sameJson } from '../patch/json-patch.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import type { FieldError } from '../status-error.ts'
import {
  immutable,
  invalidValue,
  nonNegative,
  notSupported,
  objectAt,
  objects,
  required,
  setDefault,
  tooMany,
} from './field-errors.ts'
import type { KindRules } from './kind-rules.ts'
import { defaultTemplate, specOf, validateTemplate } from './templates.ts'

/** Selector and pod labels that the server makes for a Job without `manualSelector` (jobStrategy.generateSelector). */
export function prepareJob(job: KubeObject): void {
  const spec = isObject(job.spec) ? job.spec : {}
  job.status = {}
  if (spec.manualSelector !== true && isObject(spec.template)) makeSelector(job, spec, spec.template)
  labelsFromTemplate(job)
}

/** A job without labels has those of its template (`SetDefaults_Job`). */
function labelsFromTemplate(job: KubeObject): void {
  const { labels } = objectAt(objectAt(objectAt(job.spec).template).metadata)
  if (isObject(labels) && Object.keys(job.metadata.labels ?? {}).length === 0)
    job.metadata.labels = { ...labels } as Record<string, string>
}

function makeSelector(job: KubeObject, spec: JsonObject, template: JsonObject): void {
  const metadata: JsonObject = isObject(template.metadata) ? template.metadata : {}
  const labels: JsonObject = isObject(metadata.labels) ? metadata.labels : {}
  const uid = job.metadata.uid ?? ''
  template.metadata = metadata
  metadata.labels = {
    ...labels,
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': job.metadata.name ?? '',
    'controller-uid': uid,
    'job-name': job.metadata.name ?? '',
  }
  const selector: JsonObject = isObject(spec.selector) ? spec.selector : {}
  const matchLabels = isObject(selector.matchLabels) ? selector.matchLabels : {}
  spec.selector = { ...selector, matchLabels: { ...matchLabels, 'batch.kubernetes.io/controller-uid': uid } }
}

/** A cron job's template gets what every job gets, but not what depends on `completions` (`SetDefaults_Job` is for jobs). */
export function defaultJobPod(spec: JsonObject): void {
  defaultTemplate(spec)
  for (const rule of objects(objectAt(spec.podFailurePolicy).rules))
    for (const pattern of objects(rule.onPodConditions)) setDefault(pattern, 'status', 'True')
}

function defaultJob(object: KubeObject): void {
  const spec = specOf(object)
  defaultJobPod(spec)
  if (spec.completions === undefined && spec.parallelism === undefined) {
    spec.completions = 1
    spec.parallelism = 1
  }
  setDefault(spec, 'parallelism', 1)
  labelsFromTemplate(object)
  setDefault(spec, 'backoffLimit', spec.backoffLimitPerIndex === undefined ? 6 : 2147483647)
  setDefault(spec, 'completionMode', 'NonIndexed')
  setDefault(spec, 'suspend', false)
  setDefault(spec, 'podReplacementPolicy', spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed')
  setDefault(spec, 'manualSelector', false)
}

const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
]

/** `validateJobSpec`. */
export function validateJobSpec(spec: JsonObject, path: string): FieldError[] {
  const errors = counts.flatMap((name) => nonNegative(`${path}.${name}`, spec[name]))
  const { completionMode: mode = 'NonIndexed', completions, maxFailedIndexes } = spec
  if (maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'))
  if (mode !== 'NonIndexed' && mode !== 'Indexed')
    errors.push(notSupported(`${path}.completionMode`, mode, ['NonIndexed', 'Indexed']))
  if (mode === 'Indexed') {
    if (completions === undefined) errors.push(required(`${path}.completions`, 'when completion mode is Indexed'))
    if (Number(spec.parallelism ?? 1) > 100_000)
      errors.push(
        invalidValue(
          `${path}.parallelism`,
          spec.parallelism,
          'must be less than or equal to 100000 when completion mode is Indexed',
        ),
      )
    if (completions !== undefined && Number(maxFailedIndexes ?? 0) > Number(completions))
      errors.push(
        invalidValue(`${path}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to completions'),
      )
  } else {
    for (const name of ['backoffLimitPerIndex', 'maxFailedIndexes'])
      if (spec[name] !== undefined)
        errors.push(invalidValue(`${path}.${name}`, spec[name], 'requires indexed completion mode'))
  }
  if (isObject(spec.podFailurePolicy))
    errors.push(...validateFailurePolicy(spec, spec.podFailurePolicy, `${path}.podFailurePolicy.rules`))
  if (isObject(spec.successPolicy))
    errors.push(
      ...(mode === 'Indexed'
        ? validateSuccessPolicy(spec, spec.successPolicy, `${path}.successPolicy.rules`)
        : [invalidValue(`${path}.successPolicy`, spec.successPolicy, 'requires indexed completion mode')]),
    )
  const replacement = spec.podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed']
  if (spec.podReplacementPolicy !== undefined && !replacement.includes(String(spec.podReplacementPolicy)))
    errors.push(notSupported(`${path}.podReplacementPolicy`, spec.podReplacementPolicy, replacement))
  return [...errors, ...validateTemplate(spec, undefined, `${path}.template`), ...validateRestart(spec, path)]
}

function validateRestart(spec: JsonObject, path: string): FieldError[] {
  const restart = objectAt(objectAt(spec.template).spec).restartPolicy
  const field = `${path}.template.spec.restartPolicy`
  if (restart === undefined || restart === 'Always') return [required(field, 'valid values: "OnFailure", "Never"')]
  if (restart !== 'OnFailure' && restart !== 'Never') return [notSupported(field, restart, ['OnFailure', 'Never'])]
  return spec.podFailurePolicy !== undefined && restart !== 'Never'
    ? [invalidValue(field, restart, 'only "Never" is supported when podFailurePolicy is specified')]
    : []
}

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore']

function validateFailurePolicy(spec: JsonObject, policy: JsonObject, path: string): FieldError[] {
  const rules = objects(policy.rules)
  const podSpec = objectAt(objectAt(spec.template).spec)
  const names = [...objects(podSpec.containers), ...objects(podSpec.initContainers)].map((each) => each.name)
  const errors = rules.length > 20 ? [tooMany(path, rules.length, 20)] : []
  for (const [index, rule] of rules.entries()) {
    const at = `${path}[${index}]`
    if (!rule.action)
      errors.push(required(`${at}.action`, `valid values: [${actions.map((each) => `"${each}"`).join(' ')}]`))
    else if (rule.action === 'FailIndex' && spec.backoffLimitPerIndex === undefined)
      errors.push(invalidValue(`${at}.action`, rule.action, 'requires the backoffLimitPerIndex to be set'))
    else if (!actions.includes(String(rule.action))) errors.push(notSupported(`${at}.action`, rule.action, actions))
    if (isObject(rule.onExitCodes)) errors.push(...validateExitCodes(rule.onExitCodes, `${at}.onExitCodes`, names))
    const conditions = objects(rule.onPodConditions)
    if (isObject(rule.onExitCodes) === conditions.length > 0)
      errors.push({
        field: at,
        type: 'FieldValueInvalid',
        value: undefined,
        detail: isObject(rule.onExitCodes)
          ? 'specifying both OnExitCodes and OnPodConditions is not supported'
          : 'specifying one of OnExitCodes and OnPodConditions is required',
      })
  }
  return errors
}

function validateExitCodes(codes: JsonObject, path: string, containers: readonly unknown[]): FieldError[] {
  const errors: FieldError[] = []
  const values = Array.isArray(codes.values) ? codes.values.map(Number) : []
  if (!codes.operator) errors.push(required(`${path}.operator`, 'valid values: ["In" "NotIn"]'))
  else if (codes.operator !== 'In' && codes.operator !== 'NotIn')
    errors.push(notSupported(`${path}.operator`, codes.operator, ['In', 'NotIn']))
  if (codes.containerName !== undefined && !containers.includes(codes.containerName))
    errors.push(
      invalidValue(
        `${path}.containerName`,
        codes.containerName,
        'must be one of the container or initContainer names in the pod template',
      ),
    )
  if (values.length === 0) errors.push(invalidValue(`${path}.values`, values, 'at least one value is required'))
  if (values.length > 255) errors.push(tooMany(`${path}.values`, values.length, 255))
  for (const [index, value] of values.entries()) {
    if (codes.operator === 'In' && value === 0)
      errors.push(invalidValue(`${path}.values[${index}]`, value, 'must not be 0 for the In operator'))
    if (values.indexOf(value) < index)
      errors.push({ field: `${path}.values[${index}]`, type: 'FieldValueDuplicate', value, detail: '' })
  }
  if (values.some((value, index) => value < (values[index - 1] ?? value)))
    errors.push(invalidValue(`${path}.values`, values, 'must be ordered'))
  return errors
}

/** How many indexes a text such as `1,3-5` names; throws what is wrong with it (`validateIndexesFormat`). */
export function countIndexes(text: string, completions: number): number {
  let last = -1
  let total = 0
  for (const part of text === '' ? [] : text.split(',')) {
    const limits = part.split('-')
    if (limits.length > 2)
      throw new Error(
        `the fragment "${part}" violates the requirement that an index interval can have at most two parts separated by '-'`,
      )
    const [from, to = from] = limits
    for (const limit of limits)
      if (!/^\d+$/.test(limit)) throw new Error(`cannot convert string to integer for index: "${limit}"`)
    const [first, end] = [Number(from), Number(to)]
    if (first >= completions || end >= completions)
      throw new Error(`too large index: "${first >= completions ? from : to}"`)
    if (limits.length === 2 && first >= end)
      throw new Error(`non-increasing order, previous: ${first}, current: ${end}`)
    if (first <= last) throw new Error(`non-increasing order, previous: ${last}, current: ${first}`)
    total += end - first + 1
    last = end
  }
  return total
}

function validateSuccessPolicy(spec: JsonObject, policy: JsonObject, path: string): FieldError[] {
  const rules = objects(policy.rules)
  const completions = Number(spec.completions ?? 0)
  const errors =
    rules.length === 0
      ? [required(path, 'at least one rules must be specified when the successPolicy is specified')]
      : []
  if (rules.length > 20) errors.push(tooMany(path, rules.length, 20))
  for (const [index, rule] of rules.entries()) {
    const at = `${path}[${index}]`
    const { succeededCount: count, succeededIndexes: indexes } = rule
    if (count === undefined && indexes === undefined)
      errors.push(required(at, 'at least one of succeededCount or succeededIndexes must be specified'))
    let named = 0
    try {
      named = typeof indexes === 'string' ? countIndexes(indexes, completions) : 0
    } catch (error) {
      const why = `error parsing succeededIndexes: ${error instanceof Error ? error.message : String(error)}`
      errors.push(invalidValue(`${at}.succeededIndexes`, indexes, why))
    }
    if (typeof count !== 'number') continue
    errors.push(...nonNegative(`${at}.succeededCount`, count))
    const tooLarge = (most: number, what: string) =>
      invalidValue(`${at}.succeededCount`, count, `must be less than or equal to ${most} (the number of ${what})`)
    if (count > completions) errors.push(tooLarge(completions, 'specified completions'))
    if (indexes !== undefined && count > named)
      errors.push(tooLarge(named, 'indexes in the specified succeededIndexes field'))
  }
  return errors
}

const fixedFields = [
  'selector',
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
  'manualSelector',
]

/** Of a suspended job that never ran, scheduling directives and resources of the template may change too. */
function jobUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const spec = specOf(object)
  const before = specOf(old)
  const errors = immutable(spec, before, fixedFields, 'spec.')
  if (spec.completionMode !== 'Indexed') errors.push(...immutable(spec, before, ['completions'], 'spec.'))
  else if (!sameJson(spec.completions, before.completions) && spec.completions !== spec.parallelism)
    errors.push(
      invalidValue('spec.completions', spec.completions, 'can only be modified in tandem with spec.parallelism'),
    )
  if (before.suspend !== true) errors.push(...immutable(spec, before, ['template'], 'spec.'))
  return errors
}

/** Name of the pods of an Indexed job must be a host name. */
function validateJob(object: KubeObject): FieldError[] {
  const spec = specOf(object)
  const errors = validateJobSpec(spec, 'spec')
  if (spec.completionMode === 'Indexed' && Number(spec.completions ?? 0) > 0) {
    const longest = `${object.metadata.name ?? ''}-${Number(spec.completions) - 1}`
    if (longest.length > 63)
      errors.push(
        invalidValue(
          'metadata.name',
          object.metadata.name,
          `will not able to create pod with invalid DNS name "${longest}"`,
        ),
      )
  }
  return errors
}

const job: KindRules = {
  defaults: defaultJob,
  prepare: prepareJob,
  validate: validateJob,
  validateUpdate: jobUpdate,
}

export const jobRules: Readonly<Record<string, KindRules>> = { Job: job }
