/** What a CustomResourceDefinition has beyond its schema. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { isObject, type JsonObject } from '../schema/node.ts'
import { validateCrd } from './crd-validation.ts'
import { immutable } from './field-errors.ts'
import type { KindRules } from './kind-rules.ts'

const part = (of: JsonObject, name: string): JsonObject => (isObject(of[name]) ? of[name] : {})

/** Every version that was ever the storage version, oldest first. */
function storedVersions(crd: KubeObject): string[] {
  const { versions } = part(crd, 'spec')
  const { storedVersions: before } = part(crd, 'status')
  const storage = Array.isArray(versions)
    ? versions.filter(isObject).find((version) => version.storage === true)
    : undefined
  const now = storage === undefined ? [] : [String(storage.name)]
  return [...new Set([...(Array.isArray(before) ? before.map(String) : []), ...now])]
}

export const crdRules: Readonly<Record<string, KindRules>> = {
  CustomResourceDefinition: {
    prepare: (object) => {
      object.status = undefined
      object.status = {
        conditions: null,
        acceptedNames: { plural: '', kind: '' },
        storedVersions: storedVersions(object),
      }
    },
    prepareUpdate: (object) => {
      object.status = { ...part(object, 'status'), storedVersions: storedVersions(object) }
    },
    validate: validateCrd,
    validateUpdate: (object, old) => {
      const [spec, before] = [part(object, 'spec'), part(old, 'spec')]
      return [
        ...immutable(spec, before, ['group', 'scope'], 'spec.'),
        ...immutable(part(spec, 'names'), part(before, 'names'), ['kind', 'plural'], 'spec.names.'),
      ]
    },
  },
}
