export { ObjectYaml } from './object-yaml.tsx'
