/** Facts of the installation itself. */
export { getInfo, type Installation } from './get-info.ts'
export { getSample, reportSample } from './sample.ts'
export { settings } from './settings.store.ts'
