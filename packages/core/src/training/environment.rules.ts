/** The environment that a pod was given, fit to be kept and shown: no secret is ever read, and what looks like one is masked. */
import type { EnvironmentEntry } from '@keelson/contracts/training'
import { z } from 'zod'

const mostEntries = 500
const mostChars = 4_000
export const masked = '••••••'

const Source = z.looseObject({ name: z.string().optional(), key: z.string().optional() })
const Variable = z.looseObject({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .looseObject({
      secretKeyRef: Source.optional(),
      configMapKeyRef: Source.optional(),
      fieldRef: z.looseObject({ fieldPath: z.string() }).optional(),
      resourceFieldRef: z.looseObject({ resource: z.string() }).optional(),
    })
    .optional(),
})
const From = z.looseObject({
  prefix: z.string().optional(),
  secretRef: Source.optional(),
  configMapRef: Source.optional(),
})
const Container = z.looseObject({
  name: z.string(),
  env: z.array(Variable).optional(),
  envFrom: z.array(From).optional(),
})
const Spec = z.looseObject({
  containers: z.array(Container).default([]),
  initContainers: z.array(Container).default([]),
})

const secretName = /secret|token|password|passwd|credential|private|api_?key|access_?key/i

/** Entries of all containers in their order. Where a value comes from is told in words and never resolved. */
export function environmentOf(podSpec: unknown): EnvironmentEntry[] {
  const spec = Spec.safeParse(podSpec ?? {}).data
  if (!spec) return []
  const entries = [...spec.initContainers, ...spec.containers].flatMap((container) => [
    ...(container.envFrom ?? []).map((from) => ({
      container: container.name,
      name: `${from.prefix ?? ''}*`,
      value: null,
      from: from.secretRef ? `secret ${from.secretRef.name ?? ''}` : `config map ${from.configMapRef?.name ?? ''}`,
    })),
    ...(container.env ?? []).map((variable) => toEntry(container.name, variable)),
  ])
  return entries.slice(0, mostEntries)
}

function toEntry(container: string, { name, value = '', valueFrom }: z.infer<typeof Variable>): EnvironmentEntry {
  if (valueFrom) return { container, name, value: null, from: sourceText(valueFrom) }
  const hidden = value !== '' && (secretName.test(name) || /^[a-z][a-z0-9+.-]*:\/\/[^/@\s]+:[^/@\s]+@/i.test(value))
  return { container, name, value: hidden ? masked : value.slice(0, mostChars), from: null }
}

function sourceText(from: NonNullable<z.infer<typeof Variable>['valueFrom']>): string {
  const { secretKeyRef, configMapKeyRef, fieldRef, resourceFieldRef } = from
  if (secretKeyRef) return `secret ${secretKeyRef.name ?? ''}, key ${secretKeyRef.key ?? ''}`
  if (configMapKeyRef) return `config map ${configMapKeyRef.name ?? ''}, key ${configMapKeyRef.key ?? ''}`
  if (fieldRef) return `the pod’s ${fieldRef.fieldPath}`
  return resourceFieldRef ? `the container’s ${resourceFieldRef.resource}` : 'another source'
}
