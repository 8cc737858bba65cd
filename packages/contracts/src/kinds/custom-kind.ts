import { z } from 'zod'

/** One served version of a custom resource. Exactly one version of a kind is the storage version. */
export type KindVersion = {
  name: string
  storage: boolean
  spec: z.ZodType
  status: z.ZodType
  /** Extra columns of `kubectl get`. */
  columns?: readonly {
    name: string
    type: 'string' | 'integer' | 'boolean' | 'date'
    jsonPath: string
    description?: string
  }[]
}

/** A custom resource that Keelson serves: what its CustomResourceDefinition in `deploy/crds` is generated from. */
export type CustomKind = {
  group: string
  kind: string
  plural: string
  singular: string
  shortNames?: readonly string[]
  scope: 'Cluster' | 'Namespaced'
  description: string
  versions: readonly KindVersion[]
  /** Upstream's operator of the kind, and the labels by which its Deployment or StatefulSet is known. */
  upstream?: { operator: string; selector: string }
}

/** `inferenceservices.serving.kserve.io`: the name of the kind's definition. */
export function definitionName({ plural, group }: Pick<CustomKind, 'plural' | 'group'>): string {
  return `${plural}.${group}`
}

/** An object whose further fields are kept as they are (`x-kubernetes-preserve-unknown-fields`). */
export function openObject<T extends z.ZodRawShape>(shape: T) {
  return z.looseObject(shape)
}

const quantityPattern =
  /^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$/

/** `500m`, `2Gi`, `4`: k8s.io/apimachinery resource.Quantity, a number or a string in YAML. */
export const Quantity = z
  .union([z.int(), z.string().regex(quantityPattern)])
  .meta({ 'x-kubernetes-int-or-string': true, pattern: quantityPattern.source })

/** A condition of a custom resource's status, with the fields that upstream's kinds share. */
export const Condition = z.object({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string().optional(),
  message: z.string().optional(),
  lastTransitionTime: z.iso.datetime({ offset: true }).optional(),
})
export type Condition = z.infer<typeof Condition>
