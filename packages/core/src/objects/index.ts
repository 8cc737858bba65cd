/** Kubernetes objects of any kind, custom ones too: lists, YAML, schemas, and writes as the person. Knows no ML word. */
export { getObject } from './get-object.ts'
export { getSchema } from './get-schema.ts'
export { listKinds } from './list-kinds.ts'
export { listObjects } from './list-objects.ts'
export { watchObjects } from './watch-objects.ts'
export { createObject, deleteObject, rebaseObject, updateObject } from './write-object.ts'
export { fault, parseMapping, toYaml } from './yaml.rules.ts'
