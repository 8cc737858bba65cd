export { ObjectYaml } from './object-yaml.tsx'
export { useObjectWatch } from './use-object-watch.ts'
