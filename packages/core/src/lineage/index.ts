/** What came from what, from data to prediction. Reads the tables of the other domains; has none and changes nothing. */
export { getLineage } from './get-lineage.ts'
