export { LazyManifestEditor } from './lazy-manifest-editor.tsx'
export { ListOfKind } from './list-of-kind.tsx'
export { ObjectYaml } from './object-yaml.tsx'
export { useObjectWatch } from './use-object-watch.ts'
