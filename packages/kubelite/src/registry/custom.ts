/** Makes resources of CustomResourceDefinitions as they come, change and go. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { isObject, type JsonObject, type OpenApiSchema, schemaNode } from '../schema/node.ts'
import type { Registry } from './registry.ts'
import { allVerbs, type PrinterColumn, type Resource, type ScalePaths, type Subresource } from './resource.ts'

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []

/** One resource per served version. */
export function resourcesOf(crd: KubeObject): Resource[] {
  const spec = isObject(crd.spec) ? crd.spec : {}
  const versions = Array.isArray(spec.versions) ? spec.versions.filter(isObject) : []
  const storage = versions.find((version) => version.storage === true)
  return versions
    .filter((version) => version.served === true)
    .map((version) => toResource(crd, spec, version, String(storage?.name ?? '')))
}

function toResource(crd: KubeObject, spec: JsonObject, version: JsonObject, storageVersion: string): Resource {
  const names = isObject(spec.names) ? spec.names : {}
  const kind = String(names.kind)
  const subresources = isObject(version.subresources) ? version.subresources : {}
  const schema = (isObject(version.schema) ? version.schema.openAPIV3Schema : {}) as OpenApiSchema
  const sub: Subresource[] = [
    ...(subresources.status === undefined ? [] : (['status'] as const)),
    ...(subresources.scale === undefined ? [] : (['scale'] as const)),
  ]
  const group = String(spec.group)
  return {
    group,
    version: String(version.name),
    plural: String(names.plural),
    singular: String(names.singular ?? kind.toLowerCase()),
    kind,
    listKind: String(names.listKind ?? `${kind}List`),
    namespaced: spec.scope === 'Namespaced',
    shortNames: strings(names.shortNames),
    categories: strings(names.categories),
    verbs: allVerbs,
    subresources: sub,
    virtual: false,
    generation: true,
    statusSubresource: subresources.status !== undefined,
    schema: schemaNode(withTypeMeta(schema)),
    definition: `${group.split('.').reverse().join('.')}.${String(version.name)}.${kind}`,
    custom: {
      crd: crd.metadata.name ?? '',
      columns: (Array.isArray(version.additionalPrinterColumns)
        ? version.additionalPrinterColumns
        : [{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }]) as PrinterColumn[],
      ...(isObject(subresources.scale) ? { scale: subresources.scale as ScalePaths } : {}),
      selectableFields: (Array.isArray(version.selectableFields) ? version.selectableFields : []).flatMap((field) =>
        isObject(field) && typeof field.jsonPath === 'string' ? [field.jsonPath.replace(/^\./, '')] : [],
      ),
      storageVersion,
      preserveUnknown: spec.preserveUnknownFields === true,
    },
  }
}

/** apiVersion and kind are never pruned; metadata is handled apart. */
function withTypeMeta(schema: OpenApiSchema): OpenApiSchema {
  const { metadata: _, ...properties } = schema.properties ?? {}
  return {
    ...schema,
    type: 'object',
    properties: { apiVersion: { type: 'string' }, kind: { type: 'string' }, ...properties },
  }
}

export function registerCrd(registry: Registry, crd: KubeObject): void {
  registry.setCustom(crd.metadata.name ?? '', resourcesOf(crd))
}

/** The status that the CRD controllers of a real server write: names accepted, established. */
export function establishedStatus(crd: KubeObject, time: string): JsonObject {
  const spec = isObject(crd.spec) ? crd.spec : {}
  const versions = Array.isArray(spec.versions) ? spec.versions.filter(isObject) : []
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: 'True',
    lastTransitionTime: time,
    reason,
    message,
  })
  return {
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    acceptedNames: spec.names,
    storedVersions: versions.filter((version) => version.storage === true).map((version) => version.name),
  }
}
