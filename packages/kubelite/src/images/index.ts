/**
 * Images without a container engine: a table gives each image name a runtime of this machine, and "pulling" makes that
 * runtime ready. Knows nothing of pods. The launcher uses it to build environments ahead and to show the progress.
 */
export { cacheFolder, type EnsureEnvironmentOptions, ensureEnvironment, type PythonEnvironment } from './environment.ts'
export { defaultPullPolicy, parseImageName } from './image-name.ts'
export { defaultImagesFile, type ImageEntry, type ImageTable, ImageTableError, openImageTable } from './image-table.ts'
export { type PulledImage, pullImage } from './pull-image.ts'
export { findPython, type Python } from './python.ts'
