/** CronJob (k8s.io/kubernetes/pkg/apis/batch). */
import type { FieldError } from '../status-error.ts'
import { parseSchedule, timeZoneFault } from './cron-schedule.ts'
import { invalidValue, nonNegative, notSupported, objectAt, required, setDefault } from './field-errors.ts'
import { defaultJobPod, validateJobSpec } from './job.ts'
import type { KindRules } from './kind-rules.ts'
import { specOf } from './templates.ts'

function validateSchedule(schedule: unknown, timeZone: unknown): FieldError[] {
  if (!schedule) return [required('spec.schedule')]
  const text = String(schedule)
  const errors: FieldError[] = []
  try {
    parseSchedule(text.replace(/^(CRON_)?TZ=\S+\s+/, ''))
  } catch (error) {
    errors.push(invalidValue('spec.schedule', text, error instanceof Error ? error.message : String(error)))
  }
  if (text.includes('TZ'))
    errors.push(invalidValue('spec.schedule', text, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'))
  if (typeof timeZone !== 'string') return errors
  const fault = timeZoneFault(timeZone)
  return fault === null ? errors : [...errors, invalidValue('spec.timeZone', timeZone, fault)]
}

const cronJob: KindRules = {
  defaults: (object) => {
    const spec = specOf(object)
    setDefault(spec, 'concurrencyPolicy', 'Allow')
    setDefault(spec, 'suspend', false)
    setDefault(spec, 'successfulJobsHistoryLimit', 3)
    setDefault(spec, 'failedJobsHistoryLimit', 1)
    setDefault(spec, 'jobTemplate', {})
    const template = objectAt(spec.jobTemplate)
    setDefault(template, 'metadata', {})
    setDefault(template, 'spec', {})
    defaultJobPod(objectAt(template.spec))
  },
  prepare: (object) => {
    object.status = {}
  },
  validate: (object) => {
    const spec = specOf(object)
    const jobSpec = objectAt(objectAt(spec.jobTemplate).spec)
    const policies = ['Allow', 'Forbid', 'Replace']
    const errors = [
      ...validateSchedule(spec.schedule, spec.timeZone),
      ...nonNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds),
      ...(policies.includes(String(spec.concurrencyPolicy))
        ? []
        : [notSupported('spec.concurrencyPolicy', spec.concurrencyPolicy, policies)]),
      ...validateJobSpec(jobSpec, 'spec.jobTemplate.spec'),
      ...nonNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
      ...nonNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
    ]
    if (jobSpec.selector !== undefined)
      errors.push(invalidValue('spec.jobTemplate.spec.selector', jobSpec.selector, '`selector` will be auto-generated'))
    if (jobSpec.manualSelector === true)
      errors.push(notSupported('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false']))
    // A time is added to the name, and the whole is a label of the pods.
    if ((object.metadata.name ?? '').length > 52)
      errors.push(invalidValue('metadata.name', object.metadata.name, 'must be no more than 52 characters'))
    return errors
  },
}

export const cronJobRules: Readonly<Record<string, KindRules>> = { CronJob: cronJob }
