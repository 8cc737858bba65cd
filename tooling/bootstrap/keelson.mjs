/* The entry of `npm start`, `npm run stop|status|reset|demo|token`. Old syntax only: see old-node.mjs. */
import { refuseOldNode } from './old-node.mjs'

refuseOldNode()
import('./main.mjs')
  .then((main) => main.run(process.argv.slice(2)))
  .then((code) => {
    process.exitCode = code
  })
