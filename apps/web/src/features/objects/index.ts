export { LazyManifestEditor } from './lazy-manifest-editor.tsx'
export { ObjectYaml } from './object-yaml.tsx'
export { useObjectWatch } from './use-object-watch.ts'
