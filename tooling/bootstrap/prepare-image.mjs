/** Installs and builds everything ahead of time, for a container image. */
import { prepare } from './prepare.mjs'

await prepare({ web: true })
