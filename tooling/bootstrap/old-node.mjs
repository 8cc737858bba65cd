/*
 * Parses on every Node that knows modules (12.17 and up), so that an old one gets a sentence and not a syntax error:
 * no imports, no syntax younger than ES2017.
 */

/** Exits with one sentence when this Node is older than what Keelson can start from. */
export function refuseOldNode() {
  var parts = process.versions.node.split('.').map(Number)
  if (parts[0] > 20 || (parts[0] === 20 && parts[1] >= 19)) return
  console.error(
    'Node ' +
      process.versions.node +
      ' is too old: Keelson needs 20.19 or newer (it takes Node 24 for itself). Install a newer Node from your package manager or nodejs.org, then run the command again.',
  )
  process.exit(1)
}
