/** Search over everything that somebody may see. Reads the tables of the other domains; has none and changes nothing. */
export { searchEverything } from './search-everything.ts'
