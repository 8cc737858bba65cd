/* The entry of `npm test`. Old syntax only: see old-node.mjs. */
import { refuseOldNode } from './old-node.mjs'

refuseOldNode()
import('./test-main.mjs')
  .then((main) => main.run(process.argv.slice(2)))
  .then((code) => {
    process.exitCode = code
  })
